"""Claims as data, stated before a study runs: what must exceed what, where, and by how much.

The protocol's confirmatory claims about the paper stand here; what the numbers say of them does
not.
"""

from dataclasses import dataclass

from cuelens.errors import ConfigError

__all__ = ["PAPER_CLAIMS", "Claim"]

_QUANTITIES = ("retention-area", "salience-measure")
_DIRECTIONS = ("greater", "smaller")


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

    Raises:
        ConfigError: If a word is unknown, the margin negative, or a measure missing.
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

    def __post_init__(self) -> None:
        for field, value, known in (
            ("quantity", self.quantity, _QUANTITIES),
            ("direction", self.direction, _DIRECTIONS),
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


PAPER_CLAIMS: tuple[Claim, ...] = (
    Claim(
        name="stylised",
        statement="Adversarial training keeps more accuracy when another style replaces texture.",
        family="stylised",
        against="self-styled",
        direction="greater",
    ),
    Claim(
        name="saturation",
        statement="Adversarial training keeps more accuracy when saturation destroys texture.",
        family="saturation",
        levels=(8.0, 16.0, 64.0, 1024.0),
        direction="greater",
    ),
    Claim(
        name="patch-shuffle",
        statement="Adversarial training keeps less accuracy when shuffled patches destroy shape.",
        family="shuffle",
        levels=(2.0, 4.0),
        direction="smaller",
    ),
    Claim(
        name="salience-contours",
        statement="Adversarial training moves salience onto contours.",
        quantity="salience-measure",
        family="clean",
        measure="contour_share",
        method="gradient",
        direction="greater",
    ),
    Claim(
        name="salience-sparsity",
        statement="Adversarial training makes salience sparser.",
        quantity="salience-measure",
        family="clean",
        measure="sparsity",
        method="gradient",
        direction="greater",
    ),
)
"""What Zhang and Zhu, 2019, https://arxiv.org/abs/1905.09797, claim, as this project's protocol
fixes it. Stylised images are of full strength, the usual one. Salience is that of the plain
gradient, which has no settings."""
