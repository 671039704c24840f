"""What does the evaluation engine cost, beside the work that it does?"""

import argparse
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.engine_cost import measure_cost, measure_memory
from bench.engine_overhead import measure_decoding, measure_overhead
from bench.engine_ranks import measure_ranks
from bench.finished_run import IMAGES, PARTS, ROUNDS, measure_finished
from bench.measure import Row, print_row, selected


@dataclass(frozen=True, kw_only=True)
class Case:
    """A row and what measures it, in a folder of its own."""

    row: str
    measure: Callable[[Path, argparse.Namespace], Row]


def _finished(folder: Path, arguments: argparse.Namespace) -> Row:
    return measure_finished(
        folder,
        parts=arguments.parts or PARTS,
        images=arguments.images or IMAGES,
        rounds=arguments.rounds or ROUNDS,
    )


@dataclass(frozen=True, kw_only=True)
class _Sized:
    """What measures a row of so many images in so many rounds, unless others are asked for."""

    row: str
    figure: Callable[[str, int, int], Row]
    images: int
    rounds: int

    def __call__(self, _folder: Path, arguments: argparse.Namespace) -> Row:
        images, rounds = arguments.images or self.images, arguments.rounds or self.rounds
        return self.figure(self.row, images, rounds)


_SIZED = (
    _Sized(row="overhead/resnet18/bare-forward", figure=measure_overhead, images=2_000, rounds=3),
    _Sized(row="second-model/decoding/limit", figure=measure_decoding, images=4_000, rounds=1),
    _Sized(row="two-ranks/small/one-rank", figure=measure_ranks, images=4_000, rounds=3),
    _Sized(row="memory/rendered/limit", figure=measure_memory, images=100_000, rounds=1),
    _Sized(row="cost/rendered/limit", figure=measure_cost, images=100_000, rounds=1),
)
CASES = (
    *(Case(row=one.row, measure=one) for one in _SIZED),
    Case(row=f"finished/{PARTS}-parts/limit", measure=_finished),
)


def main() -> None:
    """Print the rows that were asked for."""
    parser = argparse.ArgumentParser(description="Measure the engine.")
    parser.add_argument("rows", nargs="*", help="beginnings of the rows to measure; all if omitted")
    parser.add_argument("--images", type=int, help="how many, to see it work; else as stated")
    parser.add_argument("--parts", type=int, help="how many, to see it work; else as stated")
    parser.add_argument("--rounds", type=int, help="how often it is measured")
    arguments = parser.parse_args()
    for case in selected(CASES, arguments.rows):
        with tempfile.TemporaryDirectory() as folder:
            print_row(case.measure(Path(folder), arguments))


if __name__ == "__main__":
    main()
