"""Pre-flights are kept in a run's folder, and none is flown twice."""

import torch
from tests.study.preflight.planted import HALF, NAMES, PLAIN, Levels, classifier, level_images

from cuelens.datasets import InMemoryDataset
from cuelens.study.preflight import kept_preflight, read_preflights


def dataset() -> InMemoryDataset:
    images, labels = level_images(60)
    return InMemoryDataset(
        name="levels",
        class_names=NAMES,
        ids=tuple(map(str, range(60))),
        labels=labels,
        pixels=(images * 255).round().to(torch.uint8),
    )


def test_a_kept_pre_flight_is_read_and_not_flown(tmp_path):
    model, images, heard = classifier(Levels(PLAIN)), dataset(), []

    def fly():
        return kept_preflight(
            model,
            images,
            folder=tmp_path,
            limit=None,
            progress=lambda *told: heard.append(told),
        )

    first = fly()
    assert heard
    heard.clear()
    assert fly() == first
    assert not heard
    assert read_preflights(tmp_path) == {"planted": first}


def test_another_specification_is_flown_anew(tmp_path):
    model, images = classifier(Levels(PLAIN)), dataset()
    kept_preflight(model, images, folder=tmp_path, limit=None)
    model.specification = HALF
    found = kept_preflight(model, images, folder=tmp_path, limit=None)
    assert "doubled-normalisation" in [one.name for one in found if one.raised]


def test_a_torn_file_counts_as_none(tmp_path):
    (tmp_path / "preflight.json").write_text("{", encoding="utf-8")
    assert read_preflights(tmp_path) == {}
    kept_preflight(classifier(Levels(PLAIN)), dataset(), folder=tmp_path, limit=None)
    assert list(read_preflights(tmp_path)) == ["planted"]


def test_without_a_folder_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    kept_preflight(classifier(Levels(PLAIN)), dataset(), folder=None, limit=20)
    assert list(tmp_path.iterdir()) == []
