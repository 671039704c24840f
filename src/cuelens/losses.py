"""One number an image that says how wrong the logits are. Nothing here knows about models."""

from torch.nn.functional import cross_entropy as torch_cross_entropy
from torch.nn.functional import log_softmax

from cuelens.tensors import Labels, Logits, PerImage

__all__ = ["cross_entropy", "kullback_leibler", "margin", "targeted_dlr", "targeted_margin"]

_TINY = 1e-12


def cross_entropy(logits: Logits, labels: Labels) -> PerImage:
    """Return the cross-entropy of each image, in nats, not averaged.

    Args:
        logits: Scores before the softmax.
        labels: Classes, 0 to class - 1.
    """
    return torch_cross_entropy(logits, labels, reduction="none")


def kullback_leibler(logits: Logits, reference: Logits) -> PerImage:
    """Return how far the answers are from reference answers: sum of p log(p / q), in nats.

    Args:
        logits: Of the answers q, before the softmax.
        reference: Of the answers p, before the softmax. Gradients reach both.
    """
    expected, found = log_softmax(reference, dim=1), log_softmax(logits, dim=1)
    return (expected.exp() * (expected - found)).sum(1)


def margin(logits: Logits, labels: Labels) -> PerImage:
    """Return the logit of the label minus the best other logit: negative where it is wrong.

    Args:
        logits: Scores before the softmax; at least two classes.
        labels: Classes, 0 to class - 1.
    """
    column = labels[:, None]
    best_other = logits.scatter(1, column, float("-inf")).amax(1)
    return logits.gather(1, column)[:, 0] - best_other


def targeted_margin(logits: Logits, labels: Labels, targets: Labels) -> PerImage:
    """Return the logit of the target minus that of the label: positive where the target wins.

    Args:
        logits: Scores before the softmax.
        labels: Classes, 0 to class - 1.
        targets: Other classes, one an image.
    """
    own = logits.gather(1, labels[:, None])[:, 0]
    return logits.gather(1, targets[:, None])[:, 0] - own


def targeted_dlr(logits: Logits, labels: Labels, targets: Labels) -> PerImage:
    """Return the targeted difference-of-logits ratio: the margin in units of the logits' spread.

    With logits z, label y, target t and z1 >= z2 >= z3 >= z4 the four largest,
    (z_t - z_y) / (z1 - (z3 + z4) / 2): scaling all logits changes nothing, so that no softmax can
    saturate.

    Args:
        logits: Scores before the softmax, of at least 4 classes.
        labels: Classes, 0 to class - 1.
        targets: Other classes, one an image.

    Source:
        Croce & Hein, 2020, https://arxiv.org/abs/2003.01690, equation 7.
        Differs: none.
    """
    largest = logits.topk(4, dim=1).values
    spread = largest[:, 0] - 0.5 * (largest[:, 2] + largest[:, 3])
    return targeted_margin(logits, labels, targets) / (spread + _TINY)
