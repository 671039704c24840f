"""Images in memory, and splits of a data set."""

import pytest
import torch

from cuelens.datasets import CueControlled, Dataset, InMemoryDataset, split, stratified_rows
from cuelens.errors import ConfigError, DataError


def made(**changes: object) -> InMemoryDataset:
    settings: dict[str, object] = {
        "name": "made",
        "class_names": ("a", "b", "c"),
        "ids": tuple(f"made/{row}" for row in range(50)),
        "labels": torch.tensor([0] * 30 + [1] * 15 + [2] * 5),
        "pixels": torch.arange(50, dtype=torch.uint8).reshape(50, 1, 1, 1).expand(50, 3, 2, 2),
    }
    return InMemoryDataset(**settings | changes)


def test_pixels_are_divided_by_255():
    assert torch.equal(made().images(torch.tensor([10]))[0, 0, 0, 0], torch.tensor(10 / 255))


def test_different_lengths_are_refused():
    with pytest.raises(DataError) as caught:
        made(labels=torch.zeros(49, dtype=torch.long))
    assert str(caught.value) == (
        "`ids`, `labels` and `pixels` must have one row an image each, got 50, 49 and 50."
    )


def test_an_id_that_stands_twice_is_refused():
    with pytest.raises(DataError) as caught:
        made(ids=("made/0",) * 2 + tuple(f"made/{row}" for row in range(2, 50)))
    assert str(caught.value) == "`ids` must differ, got 'made/0' more than once."


def test_a_label_without_a_class_name_is_refused():
    with pytest.raises(DataError) as caught:
        made(class_names=("a", "b"))
    assert str(caught.value) == "`labels` must lie in 0 to 1 (2 class names), got 0 to 2."


def test_a_split_takes_its_share_of_every_class():
    rest, chosen = split(made(), count=10)
    assert isinstance(rest, Dataset)
    assert chosen.labels.bincount().tolist() == [6, 3, 1]
    assert rest.labels.bincount().tolist() == [24, 12, 4]
    assert set(rest.ids) | set(chosen.ids) == set(made().ids)
    assert not set(rest.ids) & set(chosen.ids)
    assert (rest.name, chosen.name) == ("made-train", "made-validation")


@pytest.mark.parametrize("count", [1, 7, 13, 49])
def test_a_split_meets_its_count_where_shares_are_no_whole_numbers(count):
    rest, chosen = split(made(), count=count, names=("a", "b"))
    assert len(chosen) == count
    assert len(rest) == 50 - count
    share = torch.tensor([30, 15, 5]) * count / 50
    assert float((chosen.labels.bincount(minlength=3) - share).abs().max()) < 1


def test_a_split_depends_on_seed_and_ids_alone():
    dataset = made()
    backwards = dataset.take(torch.arange(50).flip(0), name="backwards")
    assert set(split(dataset, count=10)[1].ids) == set(split(backwards, count=10)[1].ids)
    assert set(split(dataset, count=10)[1].ids) != set(split(dataset, count=10, seed=1)[1].ids)


def test_rendered_images_are_split_too():
    rest, chosen = split(CueControlled(count=100), count=20)
    assert chosen.labels.bincount().tolist() == [2] * 10
    assert len(rest) == 80


@pytest.mark.parametrize("count", [0, 50])
def test_a_split_without_images_in_a_part_is_refused(count):
    with pytest.raises(ConfigError) as caught:
        split(made(), count=count)
    assert str(caught.value) == (
        "`count` must be from 1 to 49 (`made` has 50 images and both parts need some), got "
        f"{count}."
    )


def test_more_rows_than_there_are_cannot_be_chosen():
    with pytest.raises(ConfigError) as caught:
        stratified_rows(made().labels, made().ids, count=51, seed=0)
    assert str(caught.value) == "`count` must be from 0 to 50 (the images there are), got 51."
