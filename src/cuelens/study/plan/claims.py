"""Claims as data, stated before a study runs: what must exceed what, where, and by how much.

Where they are written is in `stated_claims`; what the numbers say of them is in `verdicts`.
"""

from dataclasses import dataclass
from typing import Literal, get_args

from cuelens.errors import ConfigError

__all__ = ["Claim", "Direction", "Quantity"]

Quantity = Literal["retention-area", "salience-measure"]
Direction = Literal["greater", "smaller"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """A statement that a study is to test; the claims of a study are one family of tests.

    Attributes:
        name: Short, for tables and checks.
        statement: The claim in words.
        quantity: "retention-area": the mean of retention over levels, equal weights.
            "salience-measure": the mean over images of a measure of salience maps.
        family: Of the conditions, such as "saturation"; "clean" for unchanged images.
        levels: Of the family, each with the same weight; none for a family without levels, or
            for its usual one.
        against: Family that is the control of `family`: what is kept under it, at the same levels,
            is subtracted. Empty for a quantity without a control.
        measure: Name of the salience measure; empty for retention.
        method: Name of the salience method in the records; empty for retention.
        direction: "greater" or "smaller": what the first of `compare` is to be.
        margin: By how much at least, in the quantity's own unit: a share, so .02 is 2 points.
        compare: Roles whose first is held against the second.
        control: A role that the first must differ from as well; the claim needs both.
        rival: Role of a network that may show the same difference for another reason, such as one
            behind a low-pass filter. Empty for none.
        explained: The share of the difference that the rival must show at least to explain it.
        unexplained: The share that it may show at most not to.

    Raises:
        ConfigError: If a word is unknown, the margin negative, a measure missing, or the shares
            are not in order.
    """

    name: str
    statement: str
    quantity: str = "retention-area"
    family: str
    levels: tuple[float, ...] = ()
    against: str = ""
    measure: str = ""
    method: str = ""
    direction: str
    margin: float = 0.02
    compare: tuple[str, str] = ("adversarial", "standard")
    control: str = "underfit"
    rival: str = "control"
    explained: float = 0.8
    unexplained: float = 0.5

    def __post_init__(self) -> None:
        for field, value, known in (
            ("quantity", self.quantity, get_args(Quantity)),
            ("direction", self.direction, get_args(Direction)),
        ):
            if value not in known:
                raise ConfigError(
                    f"`{field}` of the claim {self.name!r} must be one of {', '.join(known)}, got "
                    f"{value!r}."
                )
        if not 0 <= self.margin < 1:
            raise ConfigError(
                f"`margin` of the claim {self.name!r} must be at least 0 and below 1, got "
                f"{self.margin:g}. Did you mean {self.margin / 100:g}?"
            )
        if not 0 <= self.unexplained < self.explained <= 1:
            raise ConfigError(
                f"`unexplained` of the claim {self.name!r} must be at least 0 and below "
                f"`explained`, which is at most 1, got {self.unexplained:g} and "
                f"{self.explained:g}. Usual are 0.5 and 0.8."
            )
        given = {bool(self.measure), bool(self.method)}
        if given != {self.quantity == "salience-measure"}:
            raise ConfigError(
                f"`measure` and `method` of the claim {self.name!r} must be given exactly for a "
                f"salience measure, got quantity {self.quantity!r}, measure {self.measure!r}, "
                f"method {self.method!r}."
            )

        if self.against and self.quantity != "retention-area":
            raise ConfigError(
                f"`against` of the claim {self.name!r} must be given for retention alone, got "
                f"quantity {self.quantity!r}, against {self.against!r}."
            )

    @property
    def sign(self) -> int:
        """+1 where the first is to be greater, -1 where it is to be smaller."""
        return 1 if self.direction == "greater" else -1

    @property
    def threshold(self) -> float:
        """The margin with its sign: what the difference, first minus second, must pass."""
        return self.sign * self.margin

    @property
    def roles(self) -> tuple[str, ...]:
        """Every role that the claim names, the rival last."""
        named = (*self.compare, self.control, self.rival)
        return tuple(dict.fromkeys(role for role in named if role))
