"""Measures of maps: one row an image and measure, in long form."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl
import pytest
import torch

from cuelens.attacks import PGD
from cuelens.balls import Linf
from cuelens.errors import ConfigError, DataError
from cuelens.evaluation import (
    AttackCondition,
    Condition,
    MapMeasures,
    RecordStore,
    Target,
    measure_salience,
)
from cuelens.networks import fast, input_gradient
from cuelens.randomness import Chance


def strength(maps):
    return maps.abs().sum((1, 2, 3))


def inside(maps, masks):
    magnitude = maps.abs().sum(1)
    return (magnitude * masks).sum((1, 2)) / magnitude.sum((1, 2))


def brightness(_maps, images):
    return images.mean((1, 2, 3))


@dataclass(frozen=True, kw_only=True)
class Explained:
    """Whether the case makes the same maps again, and a share of its clean images' brightness."""

    version: ClassVar[int] = 1
    share: float = 1.0

    def __call__(self, case):
        again = (case.explain(case.images) == case.maps).float().mean((1, 2, 3))
        return {"again": again, "clean": self.share * case.clean.mean((1, 2, 3))}


def total(maps):
    return maps.sum().reshape(1)


def lone_share(maps):
    return maps.flatten(1).abs().amax(1) / strength(maps)


def nothing(maps):
    return torch.full((len(maps),), float("nan"))


def test_every_image_and_measure_has_a_row(store, planted, models, cue_dataset, conditions):
    done = measure_salience(
        models["robust"], cue_dataset, planted["Slope"](),
        MapMeasures(alone={"strength": strength}, masks={"inside": inside}),
        method_name="slope", condition=conditions[1],
        store=store, chunk=20, micro_batch=7, training_seed=4,
    )  # fmt: skip
    assert (done.table, done.computed, done.problems) == ("salience", 3, ())
    frame = store.read("salience", done.keys)
    assert frame.height == 100
    assert set(frame["measure"]) == {"strength", "inside"}
    row = frame.filter(image="test/00030", measure="strength").row(0, named=True)
    assert (row["model"], row["condition"], row["level"]) == ("robust", "fade=0.5", 0.5)
    assert (row["method"], row["settings"]) == ("slope", "Slope(scale=1.0)")
    assert row["label"] == cue_dataset.labels[30]
    assert row["training_seed"] == 4
    network = models["robust"].network.eval()
    image = conditions[1].transform(cue_dataset.pixels[30:31], chance=None)
    exact = input_gradient(lambda x: network(x)[:, row["label"]], image)
    close = 1e-4 if row["precision"] == "float32" else 0.1
    assert row["value"] == pytest.approx(strength(exact).item(), rel=close)
    share = frame.filter(image="test/00030", measure="inside")["value"].item()
    masks = cue_dataset.masks(torch.tensor([30]))
    assert share == pytest.approx(inside(exact, masks).item(), rel=close)


def test_what_is_there_is_not_computed_again(store, planted, models, dataset):
    seen = planted["Counting"].seen
    settings = {"method_name": "slope", "chunk": 20, "limit": 30}
    method, measures = planted["Slope"](), MapMeasures(alone={"strength": strength})
    first = measure_salience(models["robust"], dataset, method, measures, store=store, **settings)
    told = []
    seen.clear()
    again = measure_salience(
        models["robust"], dataset, method, measures, store=RecordStore(store.folder), **settings,
        progress=lambda *moment: told.append(moment),
    )  # fmt: skip
    assert again.keys == first.keys
    assert (again.computed, sum(seen)) in [(0, 0), (0, 1)]  # one image tells what bfloat16 is worth
    assert told == [(20, 30, "robust, clean, slope"), (30, 30, "robust, clean, slope")]
    other = measure_salience(
        models["robust"], dataset, planted["Slope"](scale=2.0), measures, store=store, **settings
    )
    assert other.computed == 2
    values = [
        store.read("salience", keys).sort("image")["value"] for keys in (first.keys, other.keys)
    ]
    assert values[1].to_list() == pytest.approx((2 * values[0]).to_list())


def test_whatever_determines_the_records_is_in_their_key(
    store, planted, models, cue_dataset, conditions, monkeypatch
):
    def key(measures=None, scale=1.0, **changes):
        settings = {"method_name": "slope", "condition": conditions[1]} | changes
        method = planted["Slope"](scale=scale)
        measures = MapMeasures(**(measures or {"alone": {"strength": strength}}))
        done = measure_salience(
            models["robust"], cue_dataset, method, measures, store=store, **settings
        )
        return done.keys[0]

    found = [
        key(),
        key({"alone": {"strength": nothing}}),
        key({"alone": {"other": strength}}),
        key({"alone": {"strength": strength}, "masks": {"inside": inside}}),
        key({"images": {"strength": brightness}}),
        key({"cases": (Explained(),)}),
        key({"cases": (Explained(share=0.5),)}),
        key(condition=pushed(planted)),
        key(target=Target.PREDICTED),
        key(target=Target.given("cat")),
        key(scale=2.0),
        key(method_name="other"),
        key(condition=conditions[2]),
        key(condition=Condition(family="fade", level=0.5, transform=planted["Fade"](share=0.6))),
        key(draw=1),
        key(limit=30),
        key(micro_batch=7),
        key(name="renamed"),
        key(training_seed=1),
    ]
    monkeypatch.setattr(planted["Slope"], "version", 2)
    found.append(key())
    monkeypatch.setattr(planted["Fade"], "version", 2)
    found.append(key())
    monkeypatch.setattr(Explained, "version", 2)
    found.append(key({"cases": (Explained(),)}))
    assert len(set(found)) == len(found)


def test_values_that_are_no_numbers_are_kept_and_named(store, planted, models, dataset):
    done = measure_salience(
        models["robust"], dataset, planted["Slope"](),
        MapMeasures(alone={"nothing": nothing, "strength": strength}),
        method_name="slope", store=store,
    )  # fmt: skip
    (problem,) = done.problems
    assert problem == (
        "robust under clean: expected numbers, got NaN or infinity as nothing of slope for 50 "
        "images, the first of them test/00000. A map that is zero everywhere has no such measure, "
        "nor has one of a network whose logits are no numbers."
    )
    frame = store.read("salience", done.keys)
    several = measure_salience(
        models["robust"], dataset, planted["Slope"](scale=0.0),
        MapMeasures(alone={"nothing": nothing, "share": lone_share, "strength": strength}),
        method_name="slope", store=store, limit=9,
    )  # fmt: skip
    (problem,) = several.problems
    assert problem.startswith(
        "robust under clean: expected numbers, got NaN or infinity as nothing, share of slope for "
        "9 images, the first of them test/"
    )
    assert frame.filter(measure="nothing")["value"].is_nan().all()
    assert frame.filter(pl.col("measure") == "strength")["value"].is_finite().all()


def test_measures_see_the_maps_their_images_and_the_model(
    store, planted, models, dataset, conditions
):
    done = measure_salience(
        models["robust"], dataset, planted["Slope"](),
        MapMeasures(images={"brightness": brightness}, cases=(Explained(share=0.5),)),
        method_name="slope", condition=conditions[1], store=store, limit=10, draw=3,
    )  # fmt: skip
    frame = store.read("salience", done.keys)
    assert set(frame["measure"]) == {"brightness", "again", "clean"}
    faded = conditions[1].transform(dataset.pixels, chance=None).mean((1, 2, 3))
    by_id = dict(zip(dataset.ids, faded.tolist(), strict=True))
    for row in frame.filter(measure="brightness").iter_rows(named=True):
        assert row["value"] == pytest.approx(by_id[row["image"]])
    assert frame.filter(measure="again")["value"].to_list() == pytest.approx([1.0] * 10)
    clean = dict(zip(dataset.ids, dataset.pixels.mean((1, 2, 3)).tolist(), strict=True))
    for row in frame.filter(measure="clean").iter_rows(named=True):
        assert row["value"] == pytest.approx(0.5 * clean[row["image"]])


def pushed(planted):
    return AttackCondition(name="push", attack=planted["Push"](ball=Linf(radius=0.1)))


def test_attacked_images_are_those_of_every_step(store, planted, models, dataset):
    attack = PGD(ball=Linf(radius=0.2), step=0.05, steps=4, stop_when_fooled=True)
    done = measure_salience(
        models["robust"], dataset, planted["Slope"](),
        MapMeasures(images={"brightness": brightness}),
        method_name="slope", condition=AttackCondition(name="pgd-4", attack=attack), store=store,
    )  # fmt: skip
    frame = store.read("salience", done.keys)
    row = frame.row(0, named=True)
    assert (row["condition"], row["family"], row["level"]) == ("pgd-4", "attack", 0.2)
    form = fast(models["robust"], precision=torch.float32, channels_last=False)
    whole = PGD(ball=Linf(radius=0.2), step=0.05, steps=4)
    chance = Chance(0, dataset.ids)
    images = whole(form, dataset.pixels, dataset.labels, chance=chance).images
    assert frame["value"].to_list() == pytest.approx(brightness(None, images).tolist(), rel=1e-5)
    early = attack(form, dataset.pixels, dataset.labels, chance=chance).images
    assert frame["value"].to_list() != pytest.approx(brightness(None, early).tolist(), rel=1e-5)


def test_the_class_that_is_explained_is_chosen_and_recorded(store, planted, models, dataset):
    def labels(target):
        done = measure_salience(
            models["robust"], dataset, planted["Slope"](),
            MapMeasures(alone={"strength": strength}),
            method_name="slope", store=store, target=target,
        )  # fmt: skip
        frame = store.read("salience", done.keys)
        return frame["label"].to_list(), set(frame["settings"])

    assert labels(Target.TRUE) == (dataset.labels.tolist(), {"Slope(scale=1.0)"})
    given = labels(Target.given("cat"))
    assert given == ([2] * 50, {"Slope(scale=1.0), Target.given('cat')"})
    with torch.no_grad():
        predicted = models["robust"].network.eval()(dataset.pixels).argmax(1).tolist()
    assert labels(Target.PREDICTED)[0] == predicted


def test_what_cannot_be_measured_is_refused(store, planted, models, dataset):
    def measure(measures, **settings):
        measure_salience(
            models["robust"], dataset, planted["Slope"](), MapMeasures(**measures),
            method_name="slope", store=store, **settings,
        )  # fmt: skip

    with pytest.raises(ConfigError) as caught:
        measure({})
    assert str(caught.value) == "`measures` must name at least one measure, got none."
    with pytest.raises(ConfigError) as caught:
        measure({"masks": {"inside": inside}})
    assert str(caught.value) == (
        "Measures of masks need a data set that knows where its figures are, got 'planted'. "
        "Leave out inside."
    )
    with pytest.raises(ConfigError) as caught:
        measure({"alone": {"inside": strength}, "masks": {"inside": inside}})
    assert str(caught.value) == (
        "Every measure must have a name of its own, got inside more than once."
    )
    with pytest.raises(DataError) as caught:
        measure({"alone": {"total": total}})
    assert str(caught.value) == (
        "The measure 'total' must give one number an image, shape (50,), got (1,). "
        "Correct the measure."
    )
    with pytest.raises(ConfigError, match="`micro_batch` must be at least 1, got 0"):
        measure({"alone": {"strength": strength}}, micro_batch=0)
