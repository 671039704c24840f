"""Which class of a model each class of a data set is."""

import json

import pytest

from cuelens.datasets import class_mapping, match_classes
from cuelens.errors import ConfigError

MODEL = ("tench, Tinca tinca", "crane", "Great_White shark", "crane", "electric ray, torpedo")
IDS = ("n01440764", "n01484850", "n01530575", "n01592084", "n01601694")


def test_names_are_matched_whatever_their_writing():
    found = match_classes(("great-white  Shark", "Tench", "torpedo"), MODEL)
    assert found.indices == (2, 0, 4)
    assert found.ways == ("name",) * 3
    assert found.unmatched == ()
    assert found.told() == ("3 of the data set's 3 classes are among the model's 5 (3 by name).")


def test_what_is_several_classes_or_none_stays_unmatched_and_is_named():
    found = match_classes(("crane", "tench", "electric rays"), MODEL)
    assert found.indices == (None, 0, None)
    assert found.unmatched == ("crane", "electric rays")
    assert found.told() == (
        "1 of the data set's 3 classes are among the model's 5 (1 by name). Not matched: crane "
        "(its name is that of several classes of the model, 1 and 3); electric rays (no such "
        "name)."
    )


def test_a_near_name_is_told_and_not_taken():
    found = match_classes(("cat", "doge"), ("cat", "dog"))
    assert found.indices == (0, None)
    assert "doge (no such name; near is 'dog')" in found.told()


def test_wordnet_ids_are_matched_with_a_models_own():
    found = match_classes(IDS[::-1], IDS)
    assert found.indices == (4, 3, 2, 1, 0)
    assert set(found.ways) == {"wordnet id"}
    found = match_classes(("a", "b"), IDS, wordnet_ids=(IDS[3], "n09999999"))
    assert found.indices == (3, None)
    assert found.reasons["b"] == "no such name"


@pytest.fixture
def listed(monkeypatch):
    """Let ImageNet be 1,000 classes called fish 0, fish 1, ..."""
    ids = tuple(f"n{index:08d}" for index in range(1000))
    names = tuple(f"fish {index}, swimmer {index}" for index in range(1000))
    monkeypatch.setattr(class_mapping, "imagenet_wordnet_ids", lambda: ids)
    monkeypatch.setattr(class_mapping, "imagenet_names", lambda: names)
    return ids, names


def test_an_imagenet_model_is_known_by_its_names_or_by_having_none(listed):
    ids, names = listed
    unnamed = tuple(f"class {index}" for index in range(1000))
    for model in (names, ids, unnamed):
        found = match_classes((ids[7], ids[900]), model)
        assert found.indices == (7, 900)
        assert set(found.ways) == {"wordnet id"}
        assert match_classes(("Fish 7", "swimmer_900"), model).indices == (7, 900)
    others = tuple(f"plant {index} of many" for index in range(1000))
    with pytest.raises(ConfigError, match="The data set's classes are WordNet ids: install timm"):
        match_classes((ids[7], ids[900]), others)


def test_without_any_list_wordnet_ids_are_refused_in_words(monkeypatch):
    monkeypatch.setattr(class_mapping, "imagenet_wordnet_ids", lambda: ())
    monkeypatch.setattr(class_mapping, "imagenet_names", lambda: ())
    names = tuple(f"kind {index} of fish" for index in range(1000))
    with pytest.raises(ConfigError) as error:
        match_classes(IDS, names)
    assert str(error.value) == (
        "At least one of the data set's 5 classes (n01440764, n01484850, n01530575, ...) must be "
        "one of the model's 1,000 (kind 0 of fish, kind 1 of fish, kind 2 of fish, ...), got none "
        "that is. The data set's classes are WordNet ids: install timm, whose list of ImageNet's "
        "ids is read, or give a file with the model's WordNet ids, one a line."
    )


def test_indices_that_the_data_set_states_are_used_for_a_thousand_classes(monkeypatch):
    monkeypatch.setattr(class_mapping, "imagenet_wordnet_ids", lambda: ())
    model = tuple(f"class_{index}" for index in range(1000))
    found = match_classes(("tench", "ray"), model, indices=(0, 5))
    assert found.indices == (0, 5)
    assert found.ways == ("index", "index")
    with pytest.raises(ConfigError):
        match_classes(("tench", "ray"), ("a", "b", "c"), indices=(0, 5))
    asked = match_classes(("tench", "ray"), ("a", "b", "c"), indices=(0, 5), by="index")
    assert asked.indices == (0, None)
    assert asked.reasons["ray"] == "the model has no class 5"


def test_numbers_are_indices_only_when_that_is_asked():
    with pytest.raises(ConfigError):
        match_classes(("0", "1"), ("ape", "bee"))
    assert match_classes(("1", "0"), ("ape", "bee"), by="index").indices == (1, 0)
    with pytest.raises(ConfigError) as error:
        match_classes(("1", "ape"), ("ape", "bee"), by="index")
    assert str(error.value) == (
        "Classes are matched by index only where they are called by numbers, got 'ape'. Match "
        "them by name, or by a file."
    )


def test_many_classes_are_matched_quickly():
    names = tuple(f"kind {index}" for index in range(21_000))
    found = match_classes(tuple(reversed(names)), names)
    assert found.indices == tuple(reversed(range(21_000)))


FILES = {
    "mapping.yaml": "tench: 4\nray: crane bird\n",
    "mapping.json": json.dumps({"tench": 4, "ray": "crane bird"}),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_maps_classes(tmp_path, name):
    path = tmp_path / name
    path.write_text(FILES[name])
    model = ("a", "crane bird", "tench", "c", "d")
    found = match_classes(("ray", "tench", "c"), model, file=path)
    assert found.indices == (1, 4, 3)
    assert found.ways == ("file", "file", "name")
    alone = match_classes(("ray", "tench", "c"), model, file=path, by="file")
    assert alone.indices == (1, 4, None)
    assert alone.reasons["c"] == "the file does not name it"


ORDERS = {
    "synsets.txt": "".join(f"{one}\n" for one in IDS),
    "LOC_synset_mapping.txt": "".join(f"{one} kind {one[-1]}, other\n" for one in IDS),
    "imagenet_class_index.json": json.dumps(
        {str(row): [one, f"kind_{one[-1]}"] for row, one in enumerate(IDS)}
    ),
}


@pytest.mark.parametrize("name", ORDERS)
def test_a_file_says_what_a_models_classes_are(tmp_path, name):
    path = tmp_path / name
    path.write_text(ORDERS[name])
    model = ("v", "w", "x", "y", "z")
    found = match_classes((IDS[3], IDS[0]), model, file=path)
    assert found.indices == (3, 0)
    if name != "synsets.txt":
        assert match_classes(("Kind 0", "kind 5"), model, file=path).indices == (1, 2)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("- a\n", "must hold entries `CLASS: MODEL'S CLASS`, or a WordNet id a line, got a list"),
        ("a: 9\n", "a: the model's class must be from 0 to 4, got 9. Correct it."),
        ("a: xx\n", "a: the model's class must be an index or the name of one class, got 'xx'."),
        ("a: crane\n", "got 'crane'. Write its index, one of 1, 3."),
        ("n01440764\n", "must have a WordNet id for each of the model's 5 classes, got 1."),
    ],
)
def test_a_file_that_does_not_fit_is_refused(tmp_path, content, message):
    path = tmp_path / "file.yaml"
    path.write_text(content)
    with pytest.raises(ConfigError) as error:
        match_classes(("a",), MODEL, file=path)
    assert message in str(error.value)


def test_a_way_that_is_not_known_is_refused():
    for by, part in (("file", "only where one is given"), ("wordnet id", "only where it is known")):
        with pytest.raises(ConfigError, match=part):
            match_classes(("tench",), MODEL, by=by)
