"""What a salience map explains: one number an image, and its gradient."""

from enum import Enum

import torch

from cuelens.errors import ConfigError, RangeError
from cuelens.losses import cross_entropy
from cuelens.networks.classifier import Classify, input_gradient
from cuelens.randomness import Chance
from cuelens.tensors import Images, Labels, Logits, PerImage, require_pixels

__all__ = ["Score", "require_arguments", "score_gradient"]


class Score(Enum):
    """A number that says how the classifier answers for a label."""

    CROSS_ENTROPY = "cross-entropy"
    """Loss of the label, in nats: what the other classes do counts too. The paper's choice."""

    LOGIT = "logit"
    """Logit of the label alone."""

    def __repr__(self) -> str:
        """Return what Python reads back as this score."""
        return f"Score.{self.name}"

    def __call__(self, logits: Logits, labels: Labels) -> PerImage:
        """Return the score of each image.

        Args:
            logits: Before the softmax.
            labels: The class that is explained, 0 to class - 1.

        Raises:
            RangeError: If a label is not one of the classes.
        """
        classes = logits.shape[1]
        if len(labels) and not 0 <= int(labels.amin()) <= int(labels.amax()) < classes:
            raise RangeError(
                f"`labels` must be classes from 0 to {classes - 1} (the classifier has {classes}), "
                f"got {int(labels.amin())} to {int(labels.amax())}. "
                "Give the classifier and the labels of one data set."
            )
        if self is Score.LOGIT:
            return logits.gather(1, labels[:, None])[:, 0]
        return cross_entropy(logits, labels)


def require_arguments(images: Images, labels: Labels, chance: Chance) -> tuple[Images, Labels]:
    """Refuse what no method can explain, and return what every method reads.

    Args:
        images: Pixels in [0, 1].
        labels: One class an image.
        chance: One image id an image.

    Returns:
        The images without their graph, and the labels as int64 on the device of the images.

    Raises:
        RangeError: If pixels leave [0, 1].
        ConfigError: If labels or image ids are not as many as the images.
    """
    images = images.detach()
    require_pixels(images)
    for name, count in (("labels", len(labels)), ("chance", len(chance))):
        if count != len(images):
            raise ConfigError(
                f"`{name}` must have one entry an image, expected {len(images)}, got {count}. "
                "Cut all arguments to the same images."
            )
    return images, labels.to(images.device, torch.int64)


def score_gradient(classify: Classify, images: Images, labels: Labels, score: Score) -> Images:
    """Return the gradient of each image's score with respect to its pixels.

    Args:
        classify: Maps images to logits.
        images: Pixels, perhaps with noise that leaves [0, 1].
        labels: The class that is explained, int64.
        score: What is explained.
    """
    if not len(images):
        return images.clone()

    def scored(candidates: Images) -> PerImage:
        return score(classify(candidates), labels)

    return input_gradient(scored, images)
