"""Attacks: never invented, misses measured; a linear model, whose best attack is known."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl
import pytest
import torch
from torch import nn

from cuelens.attacks import PGD
from cuelens.balls import Linf
from cuelens.errors import ConfigError
from cuelens.evaluation import RecordStore, attack_dataset, attack_search, forward
from cuelens.networks import Classifier

pytestmark = pytest.mark.usefixtures("bfloat16")

RADIUS = 0.02
CENTRES = torch.tensor([0.125, 0.375, 0.625, 0.875])
CLASSES = ("ant", "bee", "cat", "dog")


def linear(scale: float = 50.0) -> Classifier:
    """Read the mean of four pixels, as the labels of the planted data do."""
    layer = nn.Linear(3 * 8 * 8, 4)
    weight = torch.zeros(4, 3, 8, 8)
    weight[:, 0, :2, :2] = (2 * CENTRES / 4)[:, None, None]
    layer.weight.data = scale * weight.flatten(1)
    layer.bias.data = -scale * CENTRES**2
    return Classifier(nn.Sequential(nn.Flatten(), layer), class_names=CLASSES, name="linear")


@pytest.fixture
def images(planted):
    torch_pixels = torch.linspace(0, 700, 120 * 3 * 8 * 8).sin().reshape(120, 3, 8, 8)
    centre = torch.linspace(0.1, 0.9, 120)[:, None, None, None]
    return planted["Plain"](pixels=(centre + 0.05 * torch_pixels).clamp(0.03, 0.97))


def boundary_distance(dataset):
    mean = dataset.pixels[:, 0, :2, :2].mean((1, 2))
    inner = torch.tensor([0.25, 0.5, 0.75])
    return (mean[:, None] - inner).abs().amin(1)


def pgd(**settings):
    chosen = {"random_start": False, "stop_when_fooled": True} | settings
    return PGD(ball=Linf(radius=RADIUS), step=RADIUS / 4, steps=6, **chosen)


def run(classifier, dataset, attack, store, **settings):
    done = attack_dataset(
        classifier, dataset, attack, condition="pgd-linf", store=store, **settings
    )
    return done, store.read("attacks", done.keys)


def test_a_linear_model_is_fooled_exactly_where_the_boundary_is_within_reach(store, images):
    done, frame = run(linear(), images, pgd(), store, recheck=None, chunk=50, micro_batch=16)
    distance = boundary_distance(images)
    sure = (distance - RADIUS).abs() > 1e-4
    assert sure.sum() > 110
    fooled = torch.tensor(frame["fooled"].to_list())
    assert torch.equal(fooled[sure], (distance < RADIUS)[sure])
    assert 10 < int(fooled.sum()) < 110
    assert frame["image"].to_list() == list(images.ids)
    assert frame["clean_right"].all()
    assert frame["length"].max() <= RADIUS + 1e-6
    assert frame["steps"].min() >= 1
    assert frame.filter(~pl.col("fooled"))["missed"].to_list() == [False] * int((~fooled).sum())
    assert done.problems == ()
    first = frame.row(0, named=True)
    assert (first["model"], first["condition"], first["family"]) == ("linear", "pgd-linf", "attack")
    assert first["level"] == RADIUS
    assert first["settings"] == repr(pgd())
    assert first["precision"] in ("float32", "bfloat16")


def test_images_that_are_wrong_already_are_not_attacked(store, planted, images):
    @dataclass(frozen=True, kw_only=True)
    class Watching:
        version: ClassVar[int] = 1
        ball: Linf
        seen: ClassVar[list[str]] = []

        def __call__(self, classify, images, labels, *, chance):
            self.seen.extend(chance.ids)
            return planted["attacked"](images, images, labels, steps=5)

    classifier = linear()
    classifier.network[-1].bias.data[0] += 1000
    _, frame = run(classifier, images, Watching(ball=Linf(radius=RADIUS)), store, recheck=0)
    wrong = images.labels != 0
    assert torch.equal(~torch.tensor(frame["clean_right"].to_list()), wrong)
    assert torch.equal(torch.tensor(frame["fooled"].to_list()), wrong)
    assert set(Watching.seen) == {
        name for name, bad in zip(images.ids, wrong, strict=True) if not bad
    }
    assert set(frame.filter(pl.col("fooled"))["steps"]) == {0}
    assert set(frame.filter(~pl.col("fooled"))["steps"]) == {5}
    assert frame["length"].max() == 0


def test_a_success_that_float32_does_not_confirm_is_attacked_again(store, images, monkeypatch):
    def hallucinating(classifier, **_):
        """Call every image wrong at once."""
        wrong = linear()
        wrong.network[-1].weight.data *= -1
        wrong.network[-1].bias.data *= -1
        return wrong

    _, plain = run(linear(), images, pgd(), store, recheck=None)
    other = RecordStore(store.folder.parent / "other")
    monkeypatch.setattr(forward, "fast", hallucinating)
    _, frame = run(linear(), images, pgd(), other, recheck=0)
    same = ["image", "fooled", "steps", "length", "loss"]
    sure = ((boundary_distance(images) - RADIUS).abs() > 1e-4).numpy()
    assert frame.filter(sure)["fooled"].equals(plain.filter(sure)["fooled"])
    survivors = frame.filter(~pl.col("fooled"))["image"]
    assert frame.filter(pl.col("image").is_in(survivors))["steps"].unique().to_list() == [6]
    assert set(same) <= set(frame.columns)


def blind():
    """Know every class and show no gradient."""
    network = nn.Sequential(nn.Flatten(), nn.Linear(192, 4))
    network[1].weight.data.zero_()
    network[1].bias.data.zero_()
    return Classifier(network, class_names=CLASSES)


def test_what_the_fast_path_missed_is_found_in_a_sample_of_the_survivors(
    store, images, monkeypatch
):
    forms = iter([blind(), linear()])  # what is searched first, and what the survivors are
    monkeypatch.setattr(forward, "fast", lambda *_, **__: next(forms))
    monkeypatch.setattr(
        attack_search, "rank_of", lambda logits, labels: _right_if_flat(logits, labels)
    )
    _, frame = run(linear(), images, pgd(stop_when_fooled=False), store, recheck=40, chunk=50)
    checked = frame.filter(pl.col("missed").is_not_null())
    assert checked.height == 40
    within = (boundary_distance(images) < RADIUS).numpy()
    reach = frame.with_columns(within=within).filter(pl.col("missed").is_not_null())
    assert reach["missed"].equals(reach["within"], check_names=False)
    assert reach["fooled"].equals(reach["missed"], check_names=False)
    assert 0 < reach["missed"].sum() < 40
    assert reach.filter("missed")["length"].min() > RADIUS / 2
    unchecked = frame.filter(pl.col("missed").is_null())
    assert not unchecked["fooled"].any()
    assert unchecked["length"].max() == 0
    places = checked["image"].str.slice(5).cast(pl.Int64)
    assert places.max() > 90  # over the whole set, not over its first part
    assert places.min() < 30


def _right_if_flat(logits, labels):
    """Rank the label first where all logits are equal, for the blind fast path."""
    own = logits.gather(1, labels[:, None])
    return 1 + (logits > own).sum(1).numpy()


def test_fewer_survivors_than_the_sample_are_all_attacked_again(store, images):
    _, frame = run(linear(), images, pgd(), store, recheck=200)
    assert frame.filter(~pl.col("fooled"))["missed"].null_count() == 0


def test_a_limit_draws_the_same_images_for_every_model_and_grows(store, images):
    other = linear(scale=5.0)
    other.name = "other"
    chosen = [
        set(run(model, images, pgd(), store, recheck=0, limit=limit)[1]["image"])
        for model, limit in ((linear(), 30), (other, 30), (linear(), 60))
    ]
    assert len(chosen[0]) == 30
    assert chosen[0] == chosen[1]
    assert chosen[0] < chosen[2]
    places = [int(name[-5:]) for name in chosen[0]]
    assert max(places) > 90


def test_what_is_there_is_not_computed_again_and_a_stopped_job_goes_on(store, images, planted):
    classifier = linear()
    classifier.network.insert(0, planted["Counting"]())
    seen = planted["Counting"].seen

    def stop(done, total, what):
        if "float32" in what and done:
            raise KeyboardInterrupt

    settings = {"chunk": 30, "micro_batch": 16, "recheck": 40}
    with pytest.raises(KeyboardInterrupt):
        run(classifier, images, pgd(), store, progress=stop, **settings)
    assert len(store.keys("attack-parts")) == 5
    assert store.keys("attacks") == ()
    done, frame = run(classifier, images, pgd(), RecordStore(store.folder), **settings)
    assert done.computed == 3  # two parts of survivors and the whole
    whole = RecordStore(store.folder.parent / "uninterrupted")
    assert run(classifier, images, pgd(), whole, **settings)[1].equals(frame)
    seen.clear()
    told = []
    again, same = run(
        classifier, images, pgd(), RecordStore(store.folder), **settings,
        progress=lambda *moment: told.append(moment),
    )  # fmt: skip
    assert (again.computed, seen) == (0, [])
    assert same.equals(frame)
    assert told == [(120, 120, "linear, pgd-linf")]


def test_whatever_determines_the_records_is_in_their_key(store, images, monkeypatch):
    def key(attack=None, **settings):
        return run(linear(), images, attack or pgd(), store, recheck=0, **settings)[0].keys[0]

    found = [
        key(),
        key(pgd(stop_when_fooled=False)),
        key(draw=1),
        key(limit=30),
        key(chunk=100),
        key(micro_batch=16),
        key(name="renamed"),
        key(training_seed=1),
        run(linear(), images, pgd(), store, recheck=5)[0].keys[0],
    ]
    monkeypatch.setattr(PGD, "version", 99)
    found.append(key())
    assert len(set(found)) == len(found)


def test_answers_that_are_no_numbers_count_as_wrong_and_are_named(store, images):
    classifier = linear()
    classifier.network[-1].bias.data[1] = float("nan")
    done, frame = run(classifier, images, pgd(), store)
    assert not frame["clean_right"].any()
    assert frame["fooled"].all()
    assert frame["loss"].is_nan().all()
    assert done.problems[0].startswith(
        "linear under pgd-linf: expected logits that are numbers, got NaN or infinity for 120 of "
    )


def test_settings_out_of_range_are_refused(store, images):
    with pytest.raises(ConfigError) as caught:
        run(linear(), images, pgd(), store, recheck=-1)
    assert str(caught.value) == "`recheck` must be at least 0, or None for all, got -1."
    with pytest.raises(ConfigError) as caught:
        run(linear(), images, pgd(), store, limit=0)
    assert str(caught.value) == "`limit` must be at least 1 or None, got 0."
    with pytest.raises(ConfigError) as caught:
        run(linear(), images, pgd(), store, micro_batch=0)
    assert str(caught.value) == "`micro_batch` must be at least 1, got 0."
