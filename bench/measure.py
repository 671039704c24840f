"""What every benchmark here measures with: fair turns, medians, one JSON object a line.

It knows about time and rows; it does not know what is measured.
"""

import json
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from statistics import median
from typing import Literal, Protocol, TypeVar

__all__ = [
    "Row",
    "against_limit",
    "in_turns",
    "print_row",
    "ratio_of",
    "seconds_of",
    "selected",
    "versions_of",
]


class HasRow(Protocol):
    """What a benchmark calls a case: it names its row."""

    @property
    def row(self) -> str:
        """The row's name."""
        ...


SomeCase = TypeVar("SomeCase", bound=HasRow)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of a benchmark.

    Attributes:
        bench: The file in `bench/`, without its ending.
        row: What is measured, on which network, against which peer: "what/network/peer".
        ours: Median figure of cuelens.
        peer: Median figure of the peer, or the limit that the project has set itself.
        peer_name: Who the peer is; "limit" for a limit.
        ratio: How many times better than the peer: above 1 is better, whatever the unit.
        unit: Of `ours` and `peer`.
        threads: How many threads computed.
        versions: Of what was measured.
        notes: What else the row must say to be understood, such as whether both found the same.
    """

    bench: str
    row: str
    ours: float
    peer: float
    peer_name: str
    ratio: float
    unit: str
    threads: int
    versions: dict[str, str]
    notes: Mapping[str, float | int | str] = field(default_factory=dict)


def seconds_of(work: Callable[[], object]) -> float:
    """Return how long one call takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def in_turns(
    ours: Callable[[], float],
    peer: Callable[[], float],
    *,
    rounds: int,
    warm_up: Callable[[], object] | None = None,
) -> list[tuple[float, float]]:
    """Measure ours and the peer alternately, after one round that does not count.

    Args:
        ours: Measures once and returns the figure.
        peer: The same for the peer.
        rounds: How often each is measured. Who goes first alternates, so that a machine whose
            speed drifts favours nobody.
        warm_up: Runs first, in place of the round that does not count; for work of minutes.

    Returns:
        Figures of (ours, peer), one pair a round.
    """
    if warm_up is None:
        ours(), peer()
    else:
        warm_up()
    pairs = []
    for number in range(rounds):
        if number % 2:
            theirs = peer()
            pairs.append((ours(), theirs))
        else:
            mine = ours()
            pairs.append((mine, peer()))
    return pairs


def ratio_of(pairs: Sequence[tuple[float, float]], better: Literal["higher", "lower"]) -> float:
    """Return the median over rounds of how many times better ours is."""
    return median(mine / theirs if better == "higher" else theirs / mine for mine, theirs in pairs)


def versions_of(*packages: str) -> dict[str, str]:
    """Return the versions of Python, cuelens and these packages."""
    names = ("cuelens", *packages)
    return {"python": platform.python_version()} | {name: version(name) for name in names}


def selected(cases: Sequence[SomeCase], beginnings: Sequence[str]) -> tuple[SomeCase, ...]:
    """Return the cases whose rows begin so; all, if no beginning is given.

    Raises:
        SystemExit: If no row begins so.
    """
    for beginning in beginnings:
        if not any(case.row.startswith(beginning) for case in cases):
            rows = "\n".join(case.row for case in cases)
            raise SystemExit(
                f"Expected the beginning of one of these rows, got {beginning!r}:\n{rows}"
            )
    return tuple(case for case in cases if not beginnings or case.row.startswith(tuple(beginnings)))


def against_limit(
    figures: Sequence[float],
    *,
    bench: str,
    row: str,
    limit: float,
    unit: str,
    threads: int,
    notes: Mapping[str, float | int | str] | None = None,
) -> Row:
    """Return the row of a figure that has a limit and no peer; less is better."""
    ours = median(figures)
    return Row(
        bench=bench,
        row=row,
        ours=ours,
        peer=limit,
        peer_name="limit",
        ratio=limit / ours,
        unit=unit,
        threads=threads,
        versions=versions_of("torch"),
        notes=notes or {},
    )


def print_row(row: Row) -> None:
    """Print one JSON object on one line, numbers to four significant digits."""
    fields = asdict(row)
    fields["notes"] = _rounded(fields["notes"])
    print(json.dumps(_rounded(fields)), flush=True)


def _rounded(fields: Mapping[str, object]) -> dict[str, object]:
    return {
        name: float(f"{value:.4g}") if isinstance(value, float) else value
        for name, value in fields.items()
    }
