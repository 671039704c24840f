"""How fast are saturation and patch shuffle, against one image at a time and a copy of the memory?

Rows that end in `per-image` compare with the field's way, `bench/peers/per_image_dataset.py`; both
hand over the 10,000 test images of CIFAR-10 (rendered ones, where CIFAR-10 is not there) in batches
of 250, ours with its checks and its keyed chance. Rows that end in `copy` hold one call with all
images against one `clone()` of them.

`transforms.py ROW ...` measures only the rows whose names begin so.
"""

import argparse
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache, partial
from statistics import median

import torch
from torch import Tensor

from bench.measure import (
    Row,
    against_limit,
    in_turns,
    print_row,
    ratio_of,
    seconds_of,
    selected,
    versions_of,
)
from bench.memory import peak_above
from bench.peers.per_image_dataset import batches_of, saturated, shuffled
from bench.published import cifar10_folder
from cuelens.datasets import Cifar10, CueControlled
from cuelens.datasets.protocol import Dataset
from cuelens.randomness import Chance
from cuelens.transforms import PatchShuffle, Saturation, Transform

__all__ = ["CASES", "Case", "measure"]

BATCH = 250
COPIES_LIMIT = 4.0


@dataclass(frozen=True, kw_only=True)
class Case:
    """A row to measure.

    Attributes:
        what: Is measured.
        against: "per-image" or "copy".
        transform: Ours.
        peer: The same for one image.
        images: How many images.
        rounds: How often each side is measured.
    """

    what: str
    against: str
    transform: Transform
    peer: Callable[[Tensor], Tensor]
    images: int = 10_000
    rounds: int = 5

    @property
    def row(self) -> str:
        """Its name."""
        return f"{self.what}/32px/{self.against}"


_SATURATION = partial(
    Case, what="saturation", transform=Saturation(level=8), peer=partial(saturated, level=8)
)
_SHUFFLE = partial(
    Case, what="shuffle", transform=PatchShuffle(patches=4), peer=partial(shuffled, patches=4)
)
CASES = (
    _SATURATION(against="per-image"),
    _SATURATION(against="copy", rounds=11),
    _SHUFFLE(against="per-image"),
    _SHUFFLE(against="copy", rounds=11),
)


@cache
def _dataset(count: int) -> Dataset:
    folder = cifar10_folder()
    if folder is None:
        return CueControlled(count=count, split="test")
    return Cifar10(folder, split="test").take(torch.arange(count), name=f"cifar10-first-{count}")


def _subject(count: int) -> tuple[Tensor, Chance]:
    """Return so many images and their chance."""
    dataset = _dataset(count)
    return dataset.images(torch.arange(count)), Chance(0, dataset.ids)


def _ours(case: Case, images: Tensor, chance: Chance) -> Iterable[Tensor]:
    for rows in torch.arange(len(images)).split(BATCH):
        first, behind = int(rows[0]), int(rows[-1]) + 1
        ids = Chance(chance.seed, chance.ids[first:behind])
        yield case.transform(images[first:behind], chance=ids)


def _seconds(batches: Callable[[], Iterable[Tensor]]) -> float:
    def work() -> None:
        for _ in batches():
            pass

    return seconds_of(work)


def _in_one_call(case: Case, subject: tuple[Tensor, Chance]) -> None:
    images, chance = subject
    case.transform(images, chance=chance)


def measure(case: Case) -> Row:
    """Return a row."""
    return _against_peer(case) if case.against == "per-image" else _against_copy(case)


def _against_peer(case: Case) -> Row:
    images, chance = _subject(case.images)
    theirs = partial(batches_of, images, case.peer, size=BATCH)
    ours = partial(_seconds, partial(_ours, case, images, chance))
    pairs = in_turns(ours, partial(_seconds, partial(theirs, workers=0)), rounds=case.rounds)
    in_two_processes = in_turns(
        ours, partial(_seconds, partial(theirs, workers=2)), rounds=case.rounds
    )
    # Both give the same pixels, a shuffle in another order.
    mine = torch.cat(list(_ours(case, images, chance))).flatten(2).sort(2).values
    peers = torch.cat(list(theirs(workers=0))).flatten(2).sort(2).values
    return Row(
        bench="transforms",
        row=case.row,
        ours=median(mine for mine, _ in pairs),
        peer=median(peer for _, peer in pairs),
        peer_name="per-image",
        ratio=ratio_of(pairs, "lower"),
        unit="seconds",
        threads=torch.get_num_threads(),
        versions=versions_of("torch", "numpy"),
        notes={
            "images": case.images,
            "setting": repr(case.transform),
            "maximum_difference": float((mine - peers).abs().max()),
            "peer_with_2_workers": median(peer for _, peer in in_two_processes),
            "ratio_with_2_workers": ratio_of(in_two_processes, "lower"),
        },
    )


def _against_copy(case: Case) -> Row:
    subject = _subject(case.images)
    pairs = in_turns(
        partial(seconds_of, partial(_in_one_call, case, subject)),
        partial(seconds_of, subject[0].clone),
        rounds=case.rounds,
    )
    return against_limit(
        [mine / copy for mine, copy in pairs],
        bench="transforms",
        row=case.row,
        limit=COPIES_LIMIT,
        unit="times",
        threads=torch.get_num_threads(),
        notes={
            "images": case.images,
            "setting": repr(case.transform),
            "seconds": median(mine for mine, _ in pairs),
            "seconds_of_a_copy": median(copy for _, copy in pairs),
            "gigabytes_above_the_images": peak_above(
                partial(_subject, case.images), partial(_in_one_call, case)
            ),
            "gigabytes_of_a_copy": subject[0].nbytes / 1e9,
        },
    )


def main() -> None:
    """Print the rows that were asked for."""
    parser = argparse.ArgumentParser(description="Measure transforms.")
    parser.add_argument("rows", nargs="*", help="beginnings of the rows to measure; all if omitted")
    parser.add_argument("--images", type=int, help="how many, to see it work; else as stated")
    parser.add_argument("--rounds", type=int, help="how often each side is measured")
    arguments = parser.parse_args()
    for case in selected(CASES, arguments.rows):
        images, rounds = arguments.images or case.images, arguments.rounds or case.rounds
        print_row(measure(replace(case, images=images, rounds=rounds)))


if __name__ == "__main__":
    main()
