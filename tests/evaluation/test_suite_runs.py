"""Suites: the worst case image by image, and who attacks what."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl
import pytest
import torch
from torch import nn

from cuelens.attacks import PGD, Suite
from cuelens.balls import Linf
from cuelens.evaluation import RecordStore, attack_dataset
from cuelens.evaluation.attack_images import AttackedImages
from cuelens.networks import Classifier
from cuelens.randomness import Chance

BALL = Linf(radius=0.02)
WEAK = PGD(ball=BALL, step=0.004, steps=2, random_start=False, stop_when_fooled=True)
STRONG = PGD(ball=BALL, step=0.01, steps=4, random_start=False, stop_when_fooled=True)
CENTRES = torch.tensor([0.125, 0.375, 0.625, 0.875])


@pytest.fixture
def classifier() -> Classifier:
    """Reads the mean of an image, as the labels of the planted data do."""
    layer = nn.Linear(192, 4)
    layer.weight.data = 50 * (2 * CENTRES / 192)[:, None].expand(4, 192).contiguous()
    layer.bias.data = -50 * CENTRES**2
    return Classifier(
        nn.Sequential(nn.Flatten(), layer), class_names=("ant", "bee", "cat", "dog"), name="mean"
    )


@pytest.fixture
def images(planted):
    wave = torch.linspace(0, 700, 120 * 192).sin().reshape(120, 3, 8, 8)
    centre = torch.linspace(0.1, 0.9, 120)[:, None, None, None]
    return planted["Plain"](pixels=(centre + 0.05 * wave).clamp(0.03, 0.97))


@dataclass(frozen=True, kw_only=True)
class Watching:
    """Does nothing, and tells what it was given."""

    version: ClassVar[int] = 1
    seen: ClassVar[list[str]] = []
    ball: Linf = BALL

    def __call__(self, classify, images, labels, *, chance):
        self.seen.extend(chance.ids)
        return WEAK(classify, images, labels, chance=chance)


def suite(*, in_turn: bool, last=STRONG) -> Suite:
    return Suite(members=(("weak", WEAK), ("strong", last)), in_turn=in_turn)


def run(classifier, images, attack, store, **settings):
    done = attack_dataset(
        classifier, images, attack, condition="both", store=store, chunk=50, micro_batch=16,
        **settings,
    )  # fmt: skip
    frames = [store.read("attacks", [key]) for key in done.keys]
    return done, {frame["condition"][0]: frame for frame in frames}


@pytest.mark.parametrize("in_turn", [True, False])
def test_the_worst_case_is_never_above_its_cheapest_member(classifier, images, store, in_turn):
    _, frames = run(classifier, images, suite(in_turn=in_turn), store)
    names = ["both after weak", "both after strong"]
    if not in_turn:
        names = ["both, weak alone", "both, strong alone"]
    assert list(frames) == [*names, "both"]
    weak, strong, worst = (frame["fooled"] for frame in frames.values())
    assert 5 < weak.sum() < strong.sum() < 100
    assert (worst == (weak | strong)).all()
    for frame in frames.values():
        assert frame["image"].to_list() == list(images.ids)
        assert frame["norm"].unique().to_list() == ["Linf"]
    assert frames["both"]["settings"].unique().to_list() == [repr(suite(in_turn=in_turn))]
    assert frames["both"]["points"].null_count() == 120


def test_each_alone_attacks_every_image(classifier, images, store):
    _, frames = run(classifier, images, suite(in_turn=False), store, recheck=0)
    alone = RecordStore(store.folder.parent / "alone")
    for member, attack in (("weak", WEAK), ("strong", STRONG)):
        _, expected = run(classifier, images, attack, alone, recheck=0)
        got = frames[f"both, {member} alone"]
        for column in ("fooled", "steps", "length", "loss", "losses"):
            assert got[column].equals(expected["both"][column])


def test_in_turn_each_attacks_only_what_is_still_right(classifier, images, store):
    Watching.seen.clear()
    _, frames = run(classifier, images, suite(in_turn=True, last=Watching()), store)
    after_weak = frames["both after weak"]
    survivors = after_weak.filter(~pl.col("fooled"))["image"].to_list()
    assert 0 < len(survivors) < 120
    assert Watching.seen == survivors  # each once, and in float32
    after = frames["both after strong"]
    assert after.filter(pl.col("points").is_not_null())["image"].to_list() == survivors
    kept = after_weak.filter("fooled").select("image", "steps", "length", "loss", "broken_by")
    assert after.filter(pl.col("image").is_in(kept["image"])).select(kept.columns).equals(kept)


def test_who_broke_an_image_is_named(classifier, images, store):
    _, frames = run(classifier, images, suite(in_turn=True), store)
    worst = frames["both"]
    broken = worst.filter(pl.col("fooled") & pl.col("clean_right"))
    assert set(broken["broken_by"]) == {"weak", "strong"}
    assert worst["broken_by"].null_count() == 120 - len(broken)
    weak = frames["both after weak"]
    by_weak = worst.filter(weak["fooled"] & weak["clean_right"])
    assert (by_weak["broken_by"] == "weak").all()


@pytest.mark.usefixtures("bfloat16")
def test_every_survivor_of_a_suite_in_turn_was_attacked_in_float32(classifier, images, store):
    _, frames = run(classifier, images, suite(in_turn=True), store, recheck=0)
    weak = frames["both after weak"]
    checked = weak.filter(pl.col("missed").is_not_null())
    assert set(weak.filter(~pl.col("fooled"))["image"]) <= set(checked["image"])


def test_a_suite_that_is_there_is_not_computed_again(classifier, images, store):
    first, frames = run(classifier, images, suite(in_turn=True), store)
    told = []
    again, same = run(
        classifier, images, suite(in_turn=True), store, progress=lambda *what: told.append(what)
    )
    assert first.computed > 3
    assert again.computed == 0
    assert told == [(120, 120, "mean, both")]
    assert all(frames[name].equals(same[name]) for name in frames)


def test_exact_searches_the_untouched_model_alone(classifier, images, store, monkeypatch):
    def forbidden(*_, **__):
        raise AssertionError("the fast form was made")

    monkeypatch.setattr("cuelens.evaluation.forward.fast", forbidden)
    _, frames = run(classifier, images, suite(in_turn=True), store, exact=True)
    assert frames["both"]["precision"].unique().to_list() == ["float32, as given"]
    _, single = run(classifier, images, STRONG, store, exact=True)
    assert single["both"]["missed"].null_count() == 120
    pixels, labels = images.images(torch.arange(120)), images.labels
    found = STRONG(classifier, pixels[:16], labels[:16], chance=Chance(0, images.ids[:16]))
    assert single["both"]["steps"][:16].to_list() == found.steps.tolist()


def test_originals_and_attacked_images_are_kept_on_demand(classifier, images, store):
    done, frames = run(classifier, images, suite(in_turn=True), store, keep_images=True)
    kept = AttackedImages.read(store, done.keys[-1])
    worst = frames["both"]
    assert sorted(kept.ids) == sorted(worst.filter("clean_right")["image"])
    rows = [images.ids.index(image) for image in kept.ids]
    assert torch.equal(kept.originals, images.images(torch.tensor(rows)))
    assert torch.equal(kept.before, images.labels[rows])
    by_id = dict(worst.select("image", "fooled").iter_rows())
    assert (kept.after != kept.labels).tolist() == [by_id[image] for image in kept.ids]
    lengths = dict(worst.select("image", "length").iter_rows())
    torch.testing.assert_close(
        BALL.length(kept.attacked - kept.originals),
        torch.tensor([lengths[image] for image in kept.ids]),
    )
    assert (kept.model, kept.condition, kept.norm, kept.radius) == ("mean", "both", "Linf", 0.02)


def test_images_can_be_asked_for_later(classifier, images, store):
    _, frames = run(classifier, images, STRONG, store)
    done, same = run(classifier, images, STRONG, store, keep_images=True)
    assert same["both"].equals(frames["both"])
    kept = AttackedImages.read(store, done.keys[-1]).ids
    assert list(kept) == frames["both"].filter("clean_right")["image"].to_list()


def test_what_was_seen_so_far_is_told_after_each_part(classifier, images, store):
    seen = []
    run(classifier, images, suite(in_turn=True), store, seen=seen.append)
    assert seen[0]["condition"][0] == "both after weak"
    assert seen[0].height == 50
    assert {frame["condition"][0] for frame in seen} == {"both after weak", "both after strong"}


def test_a_search_in_float32_owes_no_second_look(classifier, images, store):
    """So small a network is searched in float32, which misses nothing by rounding."""
    searched = []
    done, frames = run(
        classifier, images, suite(in_turn=True), store,
        progress=lambda part, total, note: searched.append(note),
    )  # fmt: skip
    assert frames["both"]["precision"].unique().to_list() == ["float32"]
    assert frames["both after weak"]["missed"].null_count() == 120
    assert list(dict.fromkeys(searched)) == [
        "mean, both after weak", "mean, both after strong, in float32",
    ]  # fmt: skip
    assert done.problems == ()
