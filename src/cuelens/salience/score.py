"""What a salience map explains: one number an image, and its gradient."""

import warnings
from enum import Enum

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from cuelens.errors import ArgumentError, FallbackWarning, RangeError
from cuelens.losses import cross_entropy
from cuelens.networks.asking import ask
from cuelens.networks.classifier import Classify, input_gradient
from cuelens.tensors import Images, Labels, PerImage, require_logits

__all__ = ["Score", "require_classes", "require_score", "score_gradient", "scores_of", "tell_nan"]


class Score(Enum):
    """A number that says how the classifier answers for a label."""

    CROSS_ENTROPY = "cross-entropy"
    """Loss of the label, in nats: what the other classes do counts too. The paper's choice."""

    LOGIT = "logit"
    """Logit of the label alone."""

    LOG_PROBABILITY = "log-probability"
    """Logarithm of the label's softmax probability, in nats: the cross-entropy, negated."""

    PROBABILITY = "probability"
    """Softmax probability of the label."""

    def __repr__(self) -> str:
        """Return what Python reads back as this score."""
        return f"Score.{self.name}"

    def __call__(self, logits: Tensor, labels: Labels) -> PerImage:
        """Return the score of each image.

        Args:
            logits: Before the softmax, shape (batch, class).
            labels: The class that is explained, 0 to class - 1.

        Raises:
            ModelError: If there is not one row of logits a label.
            RangeError: If a label is not one of the classes.

        Warns:
            FallbackWarning: If a logit is NaN.
        """
        require_logits(logits, count=len(labels))
        require_classes(labels, logits.shape[1])
        tell_nan(logits)
        if self is Score.CROSS_ENTROPY:
            return cross_entropy(logits, labels)
        column = labels[:, None]
        own = logits.gather(1, column)[:, 0]
        if self is Score.LOGIT:
            return own
        # p = sigmoid(own - logsumexp(others)): the softmax rounds a sure answer to 1, whose
        # gradient is 0; this form keeps how little is missing.
        others = logits.scatter(1, column, float("-inf")).logsumexp(1)
        log_probability = logsigmoid(own - others)
        return log_probability if self is Score.LOG_PROBABILITY else log_probability.exp()


def require_score(score: object) -> None:
    """Refuse what is no score, such as its name.

    Args:
        score: A method's setting.

    Raises:
        ArgumentError: If it is no `Score`.
    """
    if isinstance(score, Score):
        return
    named = next((one for one in Score if score in (one.value, one.name)), None)
    remedy = f"Did you mean {named!r}?" if named else "Such as `Score.LOGIT`."
    raise ArgumentError(f"`score` must be a `cuelens.salience.Score`, got {score!r}. {remedy}")


def tell_nan(logits: Tensor) -> None:
    """Warn of logits that are not numbers: a map of them shows nothing.

    Args:
        logits: Of any images.

    Warns:
        FallbackWarning: If one is NaN.
    """
    if logits.detach().isnan().any():
        warnings.warn(
            "Expected logits that are numbers, got NaN: maps of such images are NaN or show "
            "nothing. Look at the network's weights and its input specification.",
            FallbackWarning,
            stacklevel=2,
        )


def require_classes(labels: Labels, classes: int) -> None:
    """Refuse labels that a classifier does not have.

    Args:
        labels: Of any images.
        classes: How many the classifier has.

    Raises:
        RangeError: If a label is not from 0 to `classes` - 1.
    """
    if len(labels) and not 0 <= int(labels.amin()) <= int(labels.amax()) < classes:
        raise RangeError(
            f"`labels` must be classes from 0 to {classes - 1} (the classifier has {classes}), "
            f"got {int(labels.amin())} to {int(labels.amax())}. "
            "Give the classifier and the labels of one data set."
        )


def score_gradient(classify: Classify, images: Images, labels: Labels, score: Score) -> Images:
    """Return the gradient of each image's score with respect to its pixels.

    Args:
        classify: Maps images to logits.
        images: Pixels, perhaps with noise that leaves [0, 1].
        labels: The class that is explained, int64.
        score: What is explained.

    Raises:
        ModelError: If the logits are no tensor, or cut from the images.
    """
    if not len(images):
        return images.clone()

    def scored(candidates: Images) -> PerImage:
        return score(ask(classify, candidates), labels)

    return input_gradient(scored, images)


def scores_of(
    classify: Classify, images: Images, labels: Labels, score: Score, *, batch_size: int
) -> PerImage:
    """Return each image's score, without a graph.

    Args:
        classify: Maps images to logits.
        images: Any range.
        labels: The class that is explained, int64.
        score: What is asked for.
        batch_size: How many images meet the classifier at a time.
    """
    with torch.no_grad():
        batches = zip(torch.split(images, batch_size), torch.split(labels, batch_size), strict=True)
        return torch.cat([score(ask(classify, some), wanted) for some, wanted in batches])
