"""The evaluation attack of the paper that cuelens grew from."""

from cuelens.attacks.pgd import PGD
from cuelens.balls import Linf

__all__ = ["paper_evaluation_attack"]


def paper_evaluation_attack() -> PGD:
    """Return PGD of 40 steps of 2/255 in the Linf ball of 8/255, begun at the image itself.

    Source:
        Zhang & Zhu, 2019, https://arxiv.org/abs/1905.09797, published code.
        Differs: an image leaves the batch at the first step that fools it, so what a later step
        would have undone still counts; robust accuracy can only be lower for it.
    """
    return PGD(
        ball=Linf(radius=8 / 255),
        step=2 / 255,
        steps=40,
        random_start=False,
        stop_when_fooled=True,
    )
