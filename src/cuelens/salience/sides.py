"""For the class, or against it: which way the sign of a method's maps points.

It reads a method's settings; it knows no map and no colours.
"""

from enum import Enum

from cuelens.salience.paper_smoothgrad import PaperSmoothGrad
from cuelens.salience.protocol import Salience
from cuelens.salience.score import Score
from cuelens.salience.squared_smoothgrad import SquaredSmoothGrad
from cuelens.salience.vargrad import VarGrad

__all__ = ["Side", "side_of"]


class Side(Enum):
    """What a positive value of a map speaks for."""

    FOR = "for the class"
    AGAINST = "against the class"
    NEITHER = "neither for nor against the class"


def side_of(method: Salience) -> Side:
    """Return what a positive value of a method's maps speaks for.

    Args:
        method: Any; one without a score is taken to explain what speaks for the class.

    Returns:
        Of squares and variances, which are never negative, neither; of the cross-entropy, which
        falls as a class grows likelier, against the class.
    """
    if isinstance(method, SquaredSmoothGrad | VarGrad):
        return Side.NEITHER
    loss = isinstance(method, PaperSmoothGrad)  # of which it is the only score
    loss = loss or getattr(method, "score", None) is Score.CROSS_ENTROPY
    return Side.AGAINST if loss else Side.FOR
