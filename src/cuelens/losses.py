"""One number an image that says how wrong the logits are. Nothing here knows about models."""

from torch.nn.functional import cross_entropy as torch_cross_entropy

from cuelens.tensors import Labels, Logits, PerImage

__all__ = ["cross_entropy", "margin"]


def cross_entropy(logits: Logits, labels: Labels) -> PerImage:
    """Return the cross-entropy of each image, in nats, not averaged.

    Args:
        logits: Scores before the softmax.
        labels: Classes, 0 to class - 1.
    """
    return torch_cross_entropy(logits, labels, reduction="none")


def margin(logits: Logits, labels: Labels) -> PerImage:
    """Return the logit of the label minus the best other logit: negative where it is wrong.

    Args:
        logits: Scores before the softmax; at least two classes.
        labels: Classes, 0 to class - 1.
    """
    own = logits.gather(1, labels[:, None])[:, 0]
    others = logits.scatter(1, labels[:, None], float("-inf"))
    return own - others.amax(1)
