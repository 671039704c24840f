"""What the names of attacks in records say: the suite, the member, the radius, and their order.

It knows how conditions are named, and nothing of what was found under them.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

__all__ = ["AttackName", "attack_order", "name_of", "radius_unit", "without_radius"]

_MEMBER = re.compile(r"(?P<suite>.+?)(?: after (?P<after>.+)|, (?P<alone>.+) alone)")
_NUMBER = re.compile(r"(?<![\d./])(\d+(?:\.\d+)?)(?:/(\d+))?(?![\d./])")
_UNITS = {
    "Linf": "units of the pixel range (Linf)",
    "L2": "units of the pixel range (L2)",
    "pixels": "pixels of displacement",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class AttackName:
    """A condition's name, taken apart.

    Attributes:
        suite: Name of the suite whose member this is; else the condition's own name.
        member: Name of the attack within the suite; None for a worst case or a plain attack.
        in_turn: Whether the member attacked only what was still right, its numbers counting what
            earlier members fooled too.
    """

    suite: str
    member: str | None = None
    in_turn: bool = False

    @property
    def words(self) -> str:
        """The member as a table shows it; nothing for a worst case or a plain attack."""
        if self.member is None:
            return ""
        return f"after {self.member}" if self.in_turn else f"{self.member} alone"


def name_of(condition: str, conditions: Iterable[str]) -> AttackName:
    """Return a condition's name taken apart.

    Args:
        condition: A name such as "strong-linf-8/255 after square" or "quick, pgd-20 alone".
        conditions: All names that there are: without its suite, a name is taken as it is.
    """
    found = _MEMBER.fullmatch(condition)
    if found is None or found["suite"] not in set(conditions):
        return AttackName(suite=condition)
    in_turn = found["after"] is not None
    member = found["after"] if in_turn else found["alone"]
    return AttackName(suite=found["suite"], member=member, in_turn=in_turn)


def without_radius(name: str, radius: float | None) -> str:
    """Return a name without the number that is its radius: what differs in radius alone is alike.

    Args:
        name: Such as "pgd-20-linf-8/255".
        radius: Such as 0.0314. None: the name comes back as it is.
    """
    if radius is None:
        return name
    for found in reversed(list(_NUMBER.finditer(name))):
        below = int(found[2] or 1)
        if below and math.isclose(float(found[1]) / below, radius, rel_tol=1e-6):
            before, after = name[: found.start()].rstrip("-= "), name[found.end() :]
            return f"{before}{after}".strip("-= ") or name
    return name


def radius_unit(norms: Iterable[str | None]) -> str:
    """Return in which unit radii are, such as "radius in pixels of displacement".

    Args:
        norms: Of the attacks, as records name them; None where unknown.
    """
    units = [_UNITS.get(norm, norm) for norm in dict.fromkeys(norms) if norm]
    return f"radius in {' or '.join(units)}" if units else "radius as recorded"


def attack_order(radii: Mapping[str, float | None]) -> dict[str, int]:
    """Return the place of each condition in reading order.

    Attacks stand as they first appear, those that differ in radius alone together and by radius;
    the members of a suite stand as they first appear, and its worst case behind them.

    Args:
        radii: Radius of each condition, in the order of first appearance.
    """
    names = {condition: name_of(condition, radii) for condition in radii}
    suites = {
        condition: without_radius(name.suite, radii[condition]) for condition, name in names.items()
    }
    series = list(dict.fromkeys(suites.values()))
    seen = list(dict.fromkeys(name.suite for name in names.values()))

    def key(condition: str) -> tuple[int, float, int, bool]:
        name = names[condition]
        place = series.index(suites[condition])
        return place, radii[condition] or 0.0, seen.index(name.suite), name.member is None

    return {condition: place for place, condition in enumerate(sorted(radii, key=key))}
