"""Images that are listed first and read when they are chosen."""

import itertools
import resource
from dataclasses import dataclass, field

import pytest
import torch

from cuelens.datasets import Framing, Listing, Problem, read_listing
from cuelens.datasets.class_folders import class_folders
from cuelens.datasets.roots import Entry, root_at
from cuelens.errors import ConfigError, DataError

FRAMING = Framing(size=24)


def listing(folder) -> Listing:
    return class_folders(root_at(str(folder)))


@dataclass(frozen=True)
class Counting:
    """A place that notes what it is asked for."""

    place: object
    asked: list[str] = field(default_factory=list)

    def read(self, image: str) -> bytes:
        self.asked.append(image)
        return self.place.read(image)


def counted(folder) -> tuple[Listing, list[str]]:
    from dataclasses import replace

    found = listing(folder)
    counting = Counting(found.place)
    return replace(found, place=counting), counting.asked


def test_listing_opens_nothing_and_a_draw_opens_what_it_takes(image_folder):
    found, asked = counted(image_folder)
    assert len(found) == 6
    assert asked == []
    drawn = read_listing(found, framing=FRAMING, limit=2, seed=3)
    assert sorted(asked) == sorted(drawn.ids)
    assert len(drawn) == 2
    assert drawn.name == "pictures-2"


def test_a_smaller_draw_is_part_of_a_larger_one_and_of_its_seed(image_folder):
    found = listing(image_folder)
    draws = [set(read_listing(found, framing=FRAMING, limit=n).ids) for n in (1, 2, 3, 4, 5)]
    assert all(small < large for small, large in itertools.pairwise(draws))
    others = {read_listing(found, framing=FRAMING, limit=2, seed=seed).ids for seed in range(9)}
    assert len(others) > 3


def test_another_is_drawn_for_each_that_cannot_be_read(image_folder):
    found = listing(image_folder)
    drawn = read_listing(found, framing=FRAMING, limit=2)
    (image_folder / drawn.ids[0]).write_bytes(b"no image")
    again = read_listing(found, framing=FRAMING, limit=2)
    assert len(again) == 2
    assert drawn.ids[1] in again.ids
    assert again.problems == (
        Problem(path=drawn.ids[0], reason="it is no image of a known format"),
    )


def test_images_are_the_same_whether_they_are_kept_or_not(image_folder):
    found, asked = counted(image_folder)
    kept = read_listing(found, framing=FRAMING)
    loose = read_listing(found, framing=FRAMING, most_kept_bytes=0)
    rows = torch.tensor([4, 0, 4])
    asked.clear()
    first = kept.images(rows)
    assert asked == []
    assert torch.equal(loose.images(rows), first)
    assert sorted(asked) == sorted(found.ids[row] for row in (4, 0, 4))
    assert kept.fingerprint == loose.fingerprint


def test_a_file_that_changes_while_in_use_is_an_error(image_folder):
    loose = read_listing(listing(image_folder), framing=FRAMING, most_kept_bytes=0)
    (image_folder / "bee" / "1.png").unlink()
    with pytest.raises(DataError) as error:
        loose.images(torch.arange(6))
    assert str(error.value) == (
        "`bee/1.png` must stay as it was when the data set was opened, but it has been changed or "
        "taken away. Open the data set again."
    )


def test_nothing_readable_is_an_error_that_names_the_first(image_folder):
    for path in image_folder.rglob("*.png"):
        path.write_bytes(b"")
    with pytest.raises(DataError) as error:
        read_listing(listing(image_folder), framing=FRAMING)
    assert str(error.value).startswith(
        f"images in class folders in `{image_folder}` must hold images that can be read, got none. "
        "Left out: ape/0.png (the file is empty); "
    )
    assert str(error.value).endswith("; 1 more. Correct `--data`.")


def test_a_limit_below_one_is_refused(image_folder):
    with pytest.raises(ConfigError) as error:
        read_listing(listing(image_folder), framing=FRAMING, limit=0)
    assert str(error.value) == "`limit` must be at least 1 or None, got 0."


@dataclass(frozen=True)
class Many:
    """A folder of very many images that are the same one."""

    content: bytes
    count: int
    address: str = "many"
    name: str = "many"
    reads: list[str] = field(default_factory=list, compare=False)

    def entries(self, folder=""):
        if not folder:
            return (Entry(name=name, is_folder=True) for name in ("ape", "bee"))
        return (Entry(name=f"{row:07d}.png", is_folder=False) for row in range(self.count))

    def has(self, path):
        return False

    def read(self, path):
        self.reads.append(path)
        return self.content

    def inside(self, folder):
        return self


def test_very_many_files_are_a_matter_of_names(image_folder):
    root = Many((image_folder / "ape" / "0.png").read_bytes(), 50_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    drawn = read_listing(class_folders(root), framing=FRAMING, limit=100)
    assert len(drawn) == 100
    assert len(root.reads) < 1000  # of 100,000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024
