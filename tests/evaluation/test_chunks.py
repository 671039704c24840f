"""Conditions that need masks: handed the data set's own, or refused before anything is made."""

import pytest
import torch

from cuelens.datasets import CueControlled
from cuelens.errors import ConfigError, DataError
from cuelens.evaluation import condition_of, evaluate_models, require_masks, try_conditions
from cuelens.evaluation.chunks import Chunk, Snapshot

SILHOUETTE = condition_of("silhouette")


def test_a_condition_that_needs_masks_gets_those_of_its_rows(cue_dataset):
    rows = torch.tensor([31, 2, 17])
    images = Chunk(Snapshot(cue_dataset), rows, 0).under(SILHOUETTE)
    expected = (cue_dataset.pixels[rows, :1] <= 0.5).float().expand(-1, 3, -1, -1)
    assert torch.equal(images, expected)


@pytest.mark.parametrize(
    ("name", "level"),
    [("silhouette", None), ("shuffle", 4), ("low-pass", 4), ("low-pass-noise", 4)],
)
def test_large_images_are_distorted_some_at_a_time_with_the_same_bits(
    cue_dataset, monkeypatch, name, level
):
    rows = torch.tensor([31, 2, 17, 5, 40])
    whole = Chunk(Snapshot(cue_dataset), rows, 3).under(condition_of(name, level))
    asked, each = [], cue_dataset.images(rows[:1]).nbytes
    transform = type(condition_of(name, level).transform)
    call = transform.__call__

    def counted(self, images, **settings):
        asked.append(len(images))
        return call(self, images, **settings)

    monkeypatch.setattr(transform, "__call__", counted)
    monkeypatch.setattr("cuelens.evaluation.chunks._BYTES_AT_ONCE", 2 * each)
    parts = Chunk(Snapshot(cue_dataset), rows, 3).under(condition_of(name, level))
    assert torch.equal(parts, whole)
    assert asked == [2, 2, 1]


def test_rows_that_are_taken_keep_their_masks():
    whole = CueControlled(count=30)
    part = whole.take(torch.arange(20, 30), name="part")
    images = Chunk(Snapshot(part), torch.tensor([1, 4]), 0).under(SILHOUETTE)
    assert torch.equal(images[:, 0] == 0, whole.masks(torch.tensor([21, 24])))


def test_models_are_evaluated_on_silhouettes(store, models, cue_dataset):
    done = evaluate_models(models, cue_dataset, [SILHOUETTE], store=store, chunk=20)
    frame = store.read("predictions", done.keys)
    assert frame.height == 2 * 50
    assert frame["settings"].unique().to_list() == ["Silhouette()"]
    silhouettes = (cue_dataset.pixels[:, :1] <= 0.5).float().expand(-1, 3, -1, -1)
    with torch.no_grad():
        logits = models["robust"].network.eval()(silhouettes)
    assert frame.filter(model="robust")["prediction"].to_list() == logits.argmax(1).tolist()


def test_a_data_set_without_masks_is_refused_before_anything_is_made(
    store, models, dataset, conditions
):
    message = (
        "The condition silhouette needs to know where the figure of each image is, got the data "
        "set 'planted', which has no masks. Leave the condition out, or take rendered images."
    )
    with pytest.raises(DataError) as caught:
        evaluate_models(models, dataset, [*conditions, SILHOUETTE], store=store)
    assert str(caught.value) == message
    assert not store.keys("predictions")
    assert not dataset.rendered
    with pytest.raises(DataError) as caught:
        Chunk(Snapshot(dataset), torch.arange(3), 0).under(SILHOUETTE)
    assert str(caught.value) == message


def test_conditions_that_need_no_masks_ask_for_none(dataset, cue_dataset, conditions):
    require_masks(dataset, conditions)
    require_masks(cue_dataset, [*conditions, SILHOUETTE])


def test_conditions_are_tried_on_one_image(dataset, cue_dataset, conditions):
    try_conditions(dataset, conditions)
    assert dataset.rendered == [0]
    try_conditions(cue_dataset, [*conditions, SILHOUETTE])
    with pytest.raises(ConfigError, match="Use fewer patches or larger images"):
        try_conditions(dataset, [*conditions, condition_of("shuffle", 4096)])
    with pytest.raises(DataError, match="which has no masks"):
        try_conditions(dataset, [SILHOUETTE])
