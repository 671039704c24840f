"""Measures of maps: one row an image and measure, in long form."""

import polars as pl
import pytest
import torch

from cuelens.errors import ConfigError, DataError
from cuelens.evaluation import Condition, RecordStore, measure_salience
from cuelens.networks import input_gradient


def strength(maps):
    return maps.abs().sum((1, 2, 3))


def inside(maps, masks):
    magnitude = maps.abs().sum(1)
    return (magnitude * masks).sum((1, 2)) / magnitude.sum((1, 2))


def total(maps):
    return maps.sum().reshape(1)


def nothing(maps):
    return torch.full((len(maps),), float("nan"))


def test_every_image_and_measure_has_a_row(store, planted, models, cue_dataset, conditions):
    done = measure_salience(
        models["robust"], cue_dataset, planted["Slope"](), {"strength": strength},
        method_name="slope", mask_measures={"inside": inside}, condition=conditions[1],
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
    method, measures = planted["Slope"](), {"strength": strength}
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
        measures = measures or {"strength": strength}
        done = measure_salience(
            models["robust"], cue_dataset, method, measures, store=store, **settings
        )
        return done.keys[0]

    found = [
        key(),
        key({"strength": nothing}),
        key({"other": strength}),
        key(mask_measures={"inside": inside}),
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
    assert len(set(found)) == len(found)


def test_values_that_are_no_numbers_are_kept_and_named(store, planted, models, dataset):
    done = measure_salience(
        models["robust"], dataset, planted["Slope"](), {"nothing": nothing, "strength": strength},
        method_name="slope", store=store,
    )  # fmt: skip
    (problem,) = done.problems
    assert problem == (
        "robust under clean: expected numbers, got NaN or infinity as nothing of slope for 50 "
        "images, the first of them test/00000. A map that is zero everywhere has no such measure."
    )
    frame = store.read("salience", done.keys)
    assert frame.filter(measure="nothing")["value"].is_nan().all()
    assert frame.filter(pl.col("measure") == "strength")["value"].is_finite().all()


def test_what_cannot_be_measured_is_refused(store, planted, models, dataset):
    def measure(measures, **settings):
        measure_salience(
            models["robust"], dataset, planted["Slope"](), measures,
            method_name="slope", store=store, **settings,
        )  # fmt: skip

    with pytest.raises(ConfigError) as caught:
        measure({})
    assert str(caught.value) == "`measures` must name at least one measure, got none."
    with pytest.raises(ConfigError) as caught:
        measure({}, mask_measures={"inside": inside})
    assert str(caught.value) == (
        "`mask_measures` need a data set that knows where its figures are, got 'planted'. "
        "Leave out inside."
    )
    with pytest.raises(ConfigError) as caught:
        measure({"inside": strength}, mask_measures={"inside": inside})
    assert str(caught.value) == (
        "A measure must be in `measures` or in `mask_measures`, got inside in both."
    )
    with pytest.raises(DataError) as caught:
        measure({"total": total})
    assert str(caught.value) == (
        "The measure 'total' must give one number an image, shape (50,), got (1,). "
        "Correct the measure."
    )
    with pytest.raises(ConfigError, match="`micro_batch` must be at least 1, got 0"):
        measure({"strength": strength}, micro_batch=0)
