"""A classifier as one torch module, from pixels to the scores of all classes.

It knows what other libraries ask of a model; it does not know them.
"""

import copy
from functools import partial

import torch
from torch import Tensor, nn

from cuelens.errors import ModelError
from cuelens.networks.asking import ask, without_gradient
from cuelens.networks.classifier import Classifier, Classify
from cuelens.salience.score import Score, require_classes, tell_nan
from cuelens.tensors import Images, Labels, Logits

__all__ = ["ExplainedModule", "with_network_of_its_own"]


def with_network_of_its_own(classify: Classify, *, asked_by: str) -> Classify:
    """Return the same classifier on a copy of its network, for who changes what it is given.

    Args:
        classify: A `Classifier` or a module.
        asked_by: Who, for the message.

    Raises:
        ModelError: If `classify` has no network.
    """
    if isinstance(classify, nn.Module):
        return copy.deepcopy(classify)
    if isinstance(classify, Classifier):
        return Classifier(
            copy.deepcopy(classify.network),
            class_names=classify.class_names,
            specification=classify.specification,
            name=classify.name,
        )
    raise ModelError(
        f"{asked_by} goes through the layers of a network, expected a Classifier or a torch "
        f"module, got {type(classify).__name__}. Wrap the network in a Classifier."
    )


class ExplainedModule(nn.Module):
    """Maps pixels to one score a class; the classifier's network is a part of it.

    Args:
        classify: Maps images to logits.
        labels: That will be asked for, int64.
        score: What is explained.
    """

    def __init__(self, classify: Classify, labels: Labels, score: Score) -> None:
        """Take the classifier; nothing is copied."""
        super().__init__()
        network = classify.network if isinstance(classify, Classifier) else classify
        self.network = network if isinstance(network, nn.Module) else nn.Module()
        self._answer = partial(classify)  # a module as it is would be registered twice
        self._labels = labels
        self._score = score

    def forward(self, images: Images) -> Logits:
        """Return the scores.

        Raises:
            ModelError: If the logits are no tensor, or cut from images whose gradient is asked for.
            RangeError: If a label is not one of the classes.
        """
        logits = ask(self._answer, images)
        if images.requires_grad and torch.is_grad_enabled() and not logits.requires_grad:
            raise without_gradient()
        require_classes(self._labels, logits.shape[1])
        tell_nan(logits)
        if self._score is Score.LOGIT:
            return logits
        log_probabilities: Tensor = logits.log_softmax(1)
        if self._score is Score.PROBABILITY:
            return log_probabilities.exp()
        is_loss = self._score is Score.CROSS_ENTROPY
        return log_probabilities.neg() if is_loss else log_probabilities
