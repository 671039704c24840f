"""Predictions: paired, independent of order and batches, computed once."""

import math

import polars as pl
import pytest
import torch

from cuelens.errors import ConfigError, DataError, RangeError
from cuelens.evaluation import Condition, RecordStore, evaluate, evaluate_models
from cuelens.networks import Classifier
from cuelens.study.outcomes.summaries import summarise_predictions

SAME = ["model", "condition", "image"]


def sorted_rows(store, keys):
    return store.read("predictions", keys).sort(SAME)


def test_every_model_condition_and_image_has_a_row(store, models, cue_dataset, conditions):
    done = evaluate_models(
        models,
        cue_dataset,
        conditions,
        store=store,
        draw=3,
        chunk=20,
        training_seeds={"robust": 11},
    )
    assert (done.table, len(done.keys), done.computed, done.problems) == ("predictions", 18, 18, ())
    frame = store.read("predictions", done.keys)
    assert frame.height == 2 * 3 * 50
    assert frame.select(SAME).is_unique().all()
    assert frame["draw"].unique().to_list() == [3]
    assert frame["precision"].unique().to_list() == ["float32"]
    assert set(frame["condition"]) == {"clean", "fade=0.5", "speckle=0.25"}
    row = frame.row(
        by_predicate=(pl.col("model") == "robust")
        & (pl.col("condition") == "fade=0.5")
        & (pl.col("image") == "test/00007"),
        named=True,
    )
    assert row["family"] == "fade"
    assert row["level"] == 0.5
    assert row["settings"] == "Fade(share=0.5)"
    assert row["training_seed"] == 11
    assert row["weights"] == models["robust"].fingerprint()
    assert row["data"] == cue_dataset.fingerprint
    assert row["dataset"] == "planted-cues"
    assert row["label"] == cue_dataset.labels[7]
    assert (row["shape"], row["texture"], row["colour"]) == (row["label"], 3, 0)
    assert row["shape_rank"] == row["label_rank"]


def test_the_columns_are_those_of_the_untouched_model(store, models, dataset, conditions):
    done = evaluate_models(models, dataset, conditions, store=store)
    fade = store.read("predictions", done.keys).filter(model="robust", condition="fade=0.5")
    images = conditions[1].transform(dataset.pixels, chance=None)
    network = models["robust"].network.eval()
    with torch.no_grad():
        logits = network(images)
    assert fade["prediction"].to_list() == logits.argmax(1).tolist()
    probabilities = torch.tensor(fade["probabilities"].to_list())
    assert torch.allclose(probabilities, logits.softmax(1), atol=1e-5)
    assert fade["mean_square"].to_list() == pytest.approx(
        (images - dataset.pixels).square().mean((1, 2, 3)).sqrt().tolist(), abs=1e-6
    )
    assert fade["shape"].null_count() == 50


def test_predictions_do_not_depend_on_chunks_or_on_the_order_of_images(
    tmp_path, planted, models, dataset, conditions
):
    stores = [RecordStore(tmp_path / str(chunk)) for chunk in (50, 7)]
    frames = []
    for store, chunk in zip(stores, (50, 7), strict=True):
        done = evaluate_models(models, dataset, conditions, store=store, micro_batch=8, chunk=chunk)
        frames.append(sorted_rows(store, done.keys))
    assert frames[0].equals(frames[1])
    tail = planted["Plain"](pixels=dataset.pixels[31:], first=31)
    done = evaluate_models(models, tail, conditions, store=stores[0], micro_batch=8)
    same = frames[0].filter(pl.col("image") >= "test/00031")
    assert sorted_rows(stores[0], done.keys).drop("data").equals(same.drop("data"))


@pytest.mark.parametrize("micro_batch", [1, 8, 64])
def test_the_batch_size_changes_no_prediction_but_those_of_ties(
    store, models, dataset, conditions, micro_batch
):
    first = sorted_rows(store, evaluate_models(models, dataset, conditions, store=store).keys)
    done = evaluate_models(models, dataset, conditions, store=store, micro_batch=micro_batch)
    other = sorted_rows(store, done.keys)
    close = first.select("prediction", "tie").equals(other.select("prediction", "tie"))
    sure = ~(first["tie"] | other["tie"])
    assert close or first.filter(sure)["prediction"].equals(other.filter(sure)["prediction"])
    assert (first["loss"] - other["loss"]).abs().max() < 1e-5
    constant = ["label", "mean_square", "structural_distance", "image"]
    assert first.select(constant).equals(other.select(constant))


def test_a_network_that_fails_on_some_images_loses_those_alone(store, models, dataset, planted):
    class Fragile(torch.nn.Module):
        def forward(self, images):
            bright = images.mean((1, 2, 3)) > dataset.pixels.mean((1, 2, 3)).median()
            return logits.where(~bright[:, None], torch.nan).expand(len(images), 4)

    logits = torch.tensor([[1.0, 2.0, 3.0, 4.0]])
    fragile = Classifier(Fragile(), class_names=dataset.class_names, name="fragile")
    done = evaluate(fragile, dataset, Condition.clean(), store=store, chunk=20)
    assert [sentence[:60] for sentence in done.problems] == [
        "fragile under clean: expected logits that are numbers, got N"
    ]
    assert "NaN or infinity for 25 of 50 images" in done.problems[0]
    frame = store.read("predictions", done.keys)
    lost = frame.filter(prediction=-1)
    assert len(lost) == 25
    assert lost["loss"].is_nan().all()
    assert (lost["label_rank"] == 5).all()
    assert frame.filter(pl.col("prediction") != -1)["loss"].is_finite().all()
    row = summarise_predictions(frame).filter(quantity="accuracy").row(0, named=True)
    assert row["n"] == 50  # they count as wrong, and stay in the number of images
    assert row["value"] == (frame["prediction"] == frame["label"]).sum() / 50


def test_a_part_that_exists_is_not_computed_again(store, planted, models, dataset, conditions):
    seen, rendered = planted["Counting"].seen, dataset.rendered
    first = evaluate_models(models, dataset, conditions, store=store, chunk=20, micro_batch=50)
    assert sorted(rendered) == list(range(50))  # once for all models and conditions
    seen.clear()
    rendered.clear()
    told = []
    second = evaluate_models(
        models,
        dataset,
        conditions,
        store=RecordStore(store.folder),
        chunk=20,
        micro_batch=50,
        progress=lambda *moment: told.append(moment),
    )
    assert second.keys == first.keys
    assert second.computed == 0
    assert seen == []
    assert rendered == []
    assert told[-1] == (300, 300, "robust, speckle=0.25")
    assert [done for done, _, _ in told] == sorted({done for done, _, _ in told})


def test_whatever_determines_a_part_is_in_its_key(
    store, planted, models, dataset, conditions, monkeypatch
):
    def keys(name="robust", data=dataset, condition=conditions[1], **settings):
        model = {name: models["robust"]}
        return evaluate_models(model, data, [condition], store=store, **settings).keys

    found = [
        keys(),
        keys(name="renamed"),
        keys(data=planted["Plain"](pixels=dataset.pixels, name="renamed")),
        keys(data=planted["Plain"](pixels=dataset.pixels, first=7)),
        keys(condition=Condition(family="other", level=0.5, transform=conditions[1].transform)),
        keys(condition=Condition(family="fade", level=0.6, transform=conditions[1].transform)),
        keys(condition=Condition(family="fade", level=0.5, transform=planted["Fade"](share=0.6))),
        keys(draw=1),
        keys(micro_batch=5),
        keys(training_seeds={"robust": 1}),
    ]
    monkeypatch.setattr(planted["Fade"], "version", 2)
    found.append(keys())
    models["robust"].network[-1].bias.data[0] += 1
    found.append(keys())
    assert len(set(found)) == len(found)


def test_only_a_damaged_part_is_computed_anew(store, models, dataset, conditions):
    done = evaluate_models(models, dataset, conditions, store=store, chunk=20)
    before = sorted_rows(store, done.keys)
    store.path("predictions", done.keys[4]).write_bytes(b"PAR1 torn")
    again = RecordStore(store.folder)
    repaired = evaluate_models(models, dataset, conditions, store=again, chunk=20)
    assert repaired.computed == 1
    assert [one.path.stem for one in again.damaged()] == [done.keys[4]]
    assert sorted_rows(again, repaired.keys).equals(before)


def test_a_job_that_was_stopped_goes_on_where_it_was(store, models, dataset, conditions):
    def stop_after_four(done, total, what):
        if done > 4 * 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate_models(
            models, dataset, conditions, store=store, chunk=20, progress=stop_after_four
        )
    kept = len(store.keys("predictions"))
    done = evaluate_models(models, dataset, conditions, store=store, chunk=20)
    assert kept == 5
    assert done.computed == 18 - kept


def test_another_draw_seed_gives_other_images_where_chance_is_used(
    store, models, dataset, conditions
):
    frames = [
        store.read(
            "predictions",
            evaluate(models["robust"], dataset, condition, store=store, draw=draw).keys,
        )
        for condition in conditions[1:]
        for draw in (0, 1)
    ]
    assert frames[0]["loss"].equals(frames[1]["loss"])
    assert not frames[2]["loss"].equals(frames[3]["loss"])


def test_answers_that_are_no_numbers_are_kept_counted_and_named(store, models, dataset):
    broken = models["robust"]
    broken.network[-1].bias.data[2] = float("nan")
    condition = Condition.clean()
    done = evaluate(broken, dataset, condition, store=store)
    sentence = (
        "robust under clean: expected logits that are numbers, got NaN or infinity for 50 of 50 "
        "images, the first of them test/00000. They count as wrong; look at the network's weights "
        "and its input specification."
    )
    assert done.problems == (sentence,)
    frame = store.read("predictions", done.keys)
    assert frame["prediction"].to_list() == [-1] * 50
    assert all(math.isnan(loss) for loss in frame["loss"])
    assert evaluate(broken, dataset, condition, store=store).problems == (sentence,)


def test_two_models_of_the_same_weights_have_records_of_their_own(store, models, dataset):
    twins = {"first": models["robust"], "second": models["robust"]}
    done = evaluate_models(twins, dataset, [Condition.clean()], store=store)
    assert len(set(done.keys)) == 2
    assert set(store.read("predictions", done.keys)["model"]) == {"first", "second"}


class Shrink:
    version = 1

    def __repr__(self):
        return "Shrink()"

    def __call__(self, images, *, chance):
        return images[:, :, 1:]


class Overflow(Shrink):
    def __repr__(self):
        return "Overflow()"

    def __call__(self, images, *, chance):
        return images * 255


def test_a_transform_that_breaks_its_promise_is_named(store, models, dataset):
    shrink = Condition(family="shrink", transform=Shrink())
    with pytest.raises(DataError) as caught:
        evaluate(models["robust"], dataset, shrink, store=store)
    assert str(caught.value) == (
        "The condition shrink must keep the shape of the images (50, 3, 8, 8), got "
        "(50, 3, 7, 8). Correct its transform."
    )
    overflow = Condition(family="overflow", transform=Overflow())
    with pytest.raises(RangeError, match="must lie in"):
        evaluate(models["robust"], dataset, overflow, store=store)
    assert store.keys("predictions") == ()


def test_sizes_below_one_and_empty_data_are_refused(store, planted, models, dataset):
    with pytest.raises(ConfigError) as caught:
        evaluate(models["robust"], dataset, Condition.clean(), store=store, chunk=0)
    assert str(caught.value) == "`chunk` must be at least 1, got 0."
    empty = planted["Plain"](pixels=dataset.pixels[:0])
    with pytest.raises(DataError) as caught:
        evaluate(models["robust"], empty, Condition.clean(), store=store)
    assert str(caught.value) == (
        "The data set 'planted' must have at least one image, got none. "
        "Choose other rows, or another folder."
    )


def test_the_records_say_how_they_were_made(store, models, dataset):
    done = evaluate(models["robust"], dataset, Condition.clean(), store=store)
    notes = store.notes("predictions", done.keys[0])
    assert notes["threads"] == str(torch.get_num_threads())
    assert notes["torch"] == torch.__version__


def test_a_model_of_too_few_classes_is_refused_before_anything_is_made(store, dataset, cue_dataset):
    small = Classifier(torch.nn.Flatten(), class_names=("ant", "bee", "cat"), name="small")
    for images in (dataset, cue_dataset):
        with pytest.raises(ConfigError) as caught:
            evaluate(small, images, Condition.clean(), store=store)
        assert str(caught.value) == (
            f"`small` must know every class of {images.name!r}, whose labels go up to 3, got 3 "
            "classes. Give the data that it was trained on, or group its classes."
        )
        assert images.rendered == []


def test_a_wrong_shape_fails(store, dataset):
    wrong = Classifier(torch.nn.Flatten(), class_names=("a", "b", "c", "d"))
    with pytest.raises(ValueError, match="must return logits of shape"):
        evaluate(wrong, dataset, Condition.clean(), store=store)
