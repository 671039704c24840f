"""The benchmark of transforms: its peer computes what ours does, and its rows are right."""

from dataclasses import replace

import pytest
import torch

from bench import transforms as bench_transforms
from bench.measure import selected
from bench.peers.per_image_dataset import batches_of, saturated, shuffled
from bench.transforms import CASES, measure
from cuelens.randomness import Chance
from cuelens.transforms import Saturation


def images(count: int = 7) -> torch.Tensor:
    return torch.rand(count, 3, 8, 8, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def few(monkeypatch):
    chance = Chance(0, tuple(str(row) for row in range(7)))
    monkeypatch.setattr(bench_transforms, "_subject", lambda count: (images(count), chance))
    monkeypatch.setattr(bench_transforms, "peak_above", lambda prepare, work: 0.5)


def test_the_peers_saturation_is_the_formula():
    expected = Saturation(level=8)(images(), chance=Chance(0, ("a",) * 7))
    found = torch.stack([saturated(image, level=8) for image in images()])
    torch.testing.assert_close(found, expected)


def test_the_peers_shuffle_moves_whole_patches():
    image = torch.arange(64.0).view(1, 8, 8)
    found = shuffled(image, patches=2)
    blocks = found.unfold(1, 4, 4).unfold(2, 4, 4).reshape(4, 16)
    expected = image.unfold(1, 4, 4).unfold(2, 4, 4).reshape(4, 16)
    order = [expected[:, 0].tolist().index(first) for first in blocks[:, 0].tolist()]
    assert sorted(order) == [0, 1, 2, 3]
    assert torch.equal(blocks, expected[order])


def test_the_peer_hands_over_every_image_in_batches():
    batches = list(batches_of(images(), lambda image: 1 - image, size=3, workers=0))
    assert [len(batch) for batch in batches] == [3, 3, 1]
    assert torch.equal(torch.cat(batches), 1 - images())


def test_every_row_that_was_asked_for_is_there():
    assert [case.row for case in CASES] == [
        "saturation/32px/per-image",
        "saturation/32px/copy",
        "shuffle/32px/per-image",
        "shuffle/32px/copy",
    ]
    assert selected(CASES, ["shuffle"]) == CASES[2:]
    with pytest.raises(SystemExit) as error:
        selected(CASES[:1], ["blur"])
    assert str(error.value) == (
        "Expected the beginning of one of these rows, got 'blur':\nsaturation/32px/per-image"
    )


@pytest.mark.parametrize("case", [CASES[0], CASES[2]], ids=lambda case: case.what)
def test_a_row_against_the_peer_tells_that_both_made_the_same(case, few):
    row = measure(replace(case, images=7, rounds=1))
    assert (row.row, row.peer_name, row.unit) == (case.row, "per-image", "seconds")
    assert row.ratio == pytest.approx(row.peer / row.ours)
    assert row.notes["images"] == 7
    assert row.notes["maximum_difference"] < 1e-6
    assert row.notes["ratio_with_2_workers"] > 0


def test_a_row_against_a_copy_has_its_limit(few):
    row = measure(replace(CASES[3], images=7, rounds=1))
    assert (row.row, row.peer, row.peer_name, row.unit) == (CASES[3].row, 4.0, "limit", "times")
    assert row.notes["gigabytes_above_the_images"] == 0.5
    assert row.notes["gigabytes_of_a_copy"] == pytest.approx(7 * 3 * 64 * 4 / 1e9)
    assert row.notes["setting"] == "PatchShuffle(patches=4)"
