"""What may be added to a study, and what makes it another one."""

import copy

import pytest

from cuelens.study.run_folder.growth import difference, may_become


def add(content, *path, to=None):
    """Return a copy with a value put at a path of names."""
    made = copy.deepcopy(content)
    *above, last = path
    place = made
    for name in above:
        place = place[name]
    place[last] = to
    return made


ADDED = [
    ("models", "third"),
    ("attacks", "strong"),
    ("conditions", "greyscale"),
    ("salience", "methods", "occlusion"),
]


@pytest.mark.parametrize("path", ADDED, ids=" ".join)
def test_names_may_be_added_and_not_taken_away(tiny_content, path):
    larger = add(tiny_content, *path, to={"some": "thing"})
    assert may_become(tiny_content, larger)
    assert not may_become(larger, tiny_content)
    assert difference(larger, tiny_content) == f"`{path[0]}`"


def test_levels_and_conditions_of_maps_may_be_added_anywhere(tiny_content):
    levels = ("conditions", "saturation", "Saturation", "level")
    assert may_become(tiny_content, add(tiny_content, *levels, to=[4, 8, 12, 16, 64, 1024]))
    assert not may_become(tiny_content, add(tiny_content, *levels, to=[8, 16, 64]))
    assert not may_become(tiny_content, add(tiny_content, *levels, to=[16, 8, 64, 1024]))
    assert not may_become(tiny_content, add(tiny_content, *levels, to=8))
    more = add(tiny_content, "salience", "conditions", to=["clean", "shuffle=2", "shuffle=4"])
    assert may_become(tiny_content, more)


def test_the_title_is_words_alone(tiny_content):
    assert may_become(tiny_content, add(tiny_content, "title", to="Another line"))


def test_models_to_import_may_be_named_later(tiny_content):
    one, two = (tiny_content | {"imported": names} for names in (["clip"], ["clip", "other"]))
    assert may_become(tiny_content, one)
    assert may_become(one, two)
    assert not may_become(two, one)


def test_a_field_that_was_not_there_may_be_added_if_it_only_adds(tiny_content):
    for field, added in (("attacks", True), ("salience", True), ("seed", False)):
        smaller = {name: value for name, value in tiny_content.items() if name != field}
        larger = smaller | {field: tiny_content.get(field, 1)}
        assert may_become(smaller, larger) is added


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("seed",), 1),
        (("seed",), 7),
        (("data", "CueControlled", "test"), 80),
        (("models", "standard", "recipe", "epochs"), 2),
        (("models", "standard", "seed"), 1),
        (("attacks", "pgd-2", "images"), 40),
        (("conditions", "shuffle"), {"Greyscale": {}}),
        (("conditions", "shuffle", "PatchShuffle", "more"), [1]),
        (("salience", "images"), 9),
        (("salience", "noise"), 0.1),
        (("salience", "methods", "gradient"), {"GradCAM": {}}),
    ],
)
def test_what_is_there_may_not_be_changed(tiny_content, path, value):
    changed = add(tiny_content, *path, to=value)
    assert not may_become(tiny_content, changed)
    assert difference(tiny_content, changed) == f"`{path[0]}`"


def test_the_order_of_what_is_there_counts(tiny_content):
    turned = tiny_content | {"models": dict(reversed(tiny_content["models"].items()))}
    assert not may_become(tiny_content, turned)
    assert difference(tiny_content, turned) == "its order"


def test_what_is_no_study_becomes_none(tiny_content):
    assert not may_become([1], tiny_content)
    assert difference([1], tiny_content) == "everything"
