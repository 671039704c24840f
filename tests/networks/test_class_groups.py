"""Coarse classes: probabilities put together as stated, and a classifier like any other."""

import inspect
import os
from pathlib import Path

import pytest
import torch
from tests.networks.test_fast_path import settled
from torch import nn

from cuelens.errors import ConfigError
from cuelens.networks import (
    IMAGENET_16,
    ClassGroups,
    Classifier,
    InputSpecification,
    fast,
    grouped,
    input_gradient,
    read_class_groups,
    small_resnet,
)
from cuelens.randomness import Chance

IMAGES = Chance(0, tuple("abcdefgh")).uniform((3, 32, 32), method="test")
NAMES = tuple("abcdef")
GROUPS = ClassGroups(name="two", members={"one": (0, 3), "other": (1, 4, 5)}, classes=6)
COUNTS = {
    "airplane": 1, "bear": 4, "bicycle": 2, "bird": 49, "boat": 5, "bottle": 7, "car": 3, "cat": 6,
    "chair": 4, "clock": 3, "dog": 109, "elephant": 2, "keyboard": 2, "knife": 1, "oven": 1,
    "truck": 8,
}  # fmt: skip


class Fixed(nn.Module):
    """Answers the same logits whatever the image."""

    def __init__(self, logits):
        super().__init__()
        self.logits = nn.Parameter(torch.tensor(logits))

    def forward(self, images):
        return self.logits.expand(len(images), -1)


def fine(network=None, classes=NAMES):
    network = settled(small_resnet(len(classes))) if network is None else network
    specification = InputSpecification(mean=(0.5, 0.4, 0.3), deviation=(0.2, 0.3, 0.25))
    return Classifier(network, class_names=classes, specification=specification, name="mine")


@pytest.mark.parametrize(
    ("aggregation", "expected"),
    [("sum", (0.5, 0.4)), ("mean", (0.25, 0.4 / 3)), ("max", (0.4, 0.2))],
)
def test_probabilities_are_put_together_as_stated(aggregation, expected):
    probabilities = torch.tensor([0.1, 0.2, 0.1, 0.4, 0.15, 0.05], dtype=torch.float64)
    network = Fixed(probabilities.log().tolist()).double()
    found = grouped(fine(network), GROUPS, aggregation=aggregation)(IMAGES[:2].double())
    assert found.dtype == torch.float64
    torch.testing.assert_close(found[0].exp(), torch.tensor(expected, dtype=torch.float64))


def test_probabilities_next_to_nothing_are_kept_apart():
    logits = grouped(fine(Fixed([-200.0, -300.0, 0.0, -250.0, -310.0, -400.0])), GROUPS)(IMAGES)
    assert torch.isfinite(logits).all()
    assert logits[0].argmax() == 0


def test_mean_and_sum_differ_where_groups_differ_in_size():
    network = Fixed([0.3, 0.2, -9.0, -9.0, 0.2, 0.2])
    answers = {
        aggregation: int(
            grouped(fine(network), GROUPS, aggregation=aggregation)(IMAGES)[0].argmax()
        )
        for aggregation in ("mean", "sum", "max")
    }
    assert answers == {"mean": 1, "sum": 1, "max": 0}
    network = Fixed([0.3, 0.2, -9.0, 0.0, 0.1, -2.0])
    assert int(grouped(fine(network), GROUPS, aggregation="mean")(IMAGES)[0].argmax()) == 0
    assert int(grouped(fine(network), GROUPS, aggregation="sum")(IMAGES)[0].argmax()) == 1


def test_name_and_fingerprint_tell_the_groups_and_the_aggregation():
    classifier = fine()
    mean, total = grouped(classifier, GROUPS), grouped(classifier, GROUPS, aggregation="sum")
    assert (mean.name, total.name) == ("mine (two, mean)", "mine (two, sum)")
    assert mean.class_names == ("one", "other")
    other = ClassGroups(name="two", members={"one": (0, 2), "other": (1, 4, 5)}, classes=6)
    prints = {one.fingerprint() for one in (classifier, mean, total, grouped(classifier, other))}
    assert len(prints) == 4
    assert grouped(classifier, GROUPS).fingerprint() == mean.fingerprint()


@pytest.mark.parametrize("aggregation", ["mean", "sum", "max"])
def test_the_fast_path_and_gradients_go_through(aggregation):
    classifier = grouped(fine(), GROUPS, aggregation=aggregation)
    quick = fast(classifier, precision=torch.float32)
    torch.testing.assert_close(quick(IMAGES), classifier(IMAGES), rtol=1e-4, atol=1e-4)
    rough = fast(classifier, precision=torch.bfloat16)
    torch.testing.assert_close(rough(IMAGES), classifier(IMAGES), rtol=0.05, atol=0.05)

    def margin(images):
        logits = classifier(images)
        return logits[:, 0] - logits[:, 1]

    gradient = input_gradient(margin, IMAGES)
    assert torch.isfinite(gradient).all()
    assert gradient.abs().amax() > 0


def test_an_image_has_the_same_logits_whatever_comes_with_it():
    classifier = grouped(fine(), GROUPS)
    padded = torch.cat([IMAGES[:4], torch.zeros(4, 3, 32, 32)])
    with torch.no_grad():
        assert torch.equal(classifier(padded)[:4], classifier(IMAGES)[:4])


def test_a_grouped_network_keeps_the_mode_that_it_had():
    network = small_resnet(6).eval()
    assert not grouped(fine(network), GROUPS).network.training


def test_imagenet_has_16_classes_made_of_207():
    assert {name: len(indices) for name, indices in IMAGENET_16.members.items()} == COUNTS
    assert sum(COUNTS.values()) == 207
    assert IMAGENET_16.names == tuple(sorted(COUNTS))


@pytest.mark.data
def test_class_names_of_imagenet_fit_the_16_classes():
    folder = Path(os.environ.get("CUELENS_DATA", "")) / "imagenet-dev200"
    if not os.environ.get("CUELENS_DATA") or not folder.is_dir():
        pytest.skip("needs imagenet-dev200, unpacked: set CUELENS_DATA to where it is")
    names = {int(file.name[:4]): file.stem[15:] for file in folder.iterdir()}
    groups = {index: name for name, members in IMAGENET_16.members.items() for index in members}
    found = {names[index]: groups[index] for index in sorted(names) if index in groups}
    assert {name for name, group in found.items() if group not in ("bird", "dog")} == {
        "Egyptian_cat", "American_black_bear", "Indian_elephant", "beer_bottle", "digital_clock",
        "fire_engine", "lifeboat", "moving_van", "pill_bottle", "rocking_chair",
    }  # fmt: skip
    assert {name for name, group in found.items() if group == "bird"} == {
        "brambling", "robin", "water_ouzel", "black_grouse", "lorikeet", "jacamar", "black_swan",
        "flamingo", "limpkin", "red-backed_sandpiper", "king_penguin",
    }  # fmt: skip
    dogs = [name for name, group in found.items() if group == "dog"]
    assert len(dogs) == 22
    assert {"Shih-Tzu", "French_bulldog", "toy_poodle", "German_shepherd"} <= set(dogs)
    others = set(names.values()) - set(found)
    assert {"white_wolf", "African_hunting_dog", "chow", "quail", "jaguar", "airship"} <= others


@pytest.mark.parametrize(
    ("members", "words"),
    [
        (
            {"a": (0,)},
            "`members` must have at least 2 groups, got 1. Name what a network is to choose among.",
        ),
        ({"a": (0,), "b": ()}, "The group 'b' must have at least one class, got none."),
        ({"a": (0,), "b": (6,)}, "The classes of the group 'b' must be from 0 to 5, got 6."),
        (
            {"a": (0, 1), "b": (1,)},
            "A class must stand once, in one group, got 1 in 'a' and in 'b'. Take one away.",
        ),
    ],
)
def test_groups_that_cannot_be_are_refused_in_words(members, words):
    with pytest.raises(ConfigError) as caught:
        ClassGroups(name="bad", members=members, classes=6)
    assert str(caught.value) == words


def test_other_networks_and_aggregations_are_refused_in_words():
    with pytest.raises(ConfigError) as caught:
        grouped(fine(), IMAGENET_16)
    assert str(caught.value) == (
        "The groups imagenet-16 need a network of 1,000 classes, got mine, which has 6. "
        "Give other groups, or another network."
    )
    with pytest.raises(ConfigError) as caught:
        inspect.unwrap(grouped)(fine(), GROUPS, aggregation="median")  # past the tests' own checks
    assert str(caught.value) == "`aggregation` must be one of mean, sum, max, got 'median'."


def test_groups_are_read_from_yaml_and_from_json(tmp_path):
    (tmp_path / "mine.yaml").write_text("animal: [cat, dog, 3-5]\nthing: [2, 6 - 6]\n")
    names = ("cat", "dog", "car", "cow", "hen", "pig", "cup")
    found = read_class_groups(tmp_path / "mine.yaml", names)
    assert found == ClassGroups(
        name="mine", members={"animal": (0, 1, 3, 4, 5), "thing": (2, 6)}, classes=7
    )
    (tmp_path / "mine.json").write_text('{"animal": ["cat", "dog", "3-5"], "thing": [2, "6"]}')
    with pytest.raises(ConfigError):
        read_class_groups(tmp_path / "mine.json", names)
    (tmp_path / "mine.json").write_text('{"animal": ["cat", "dog", "3-5"], "thing": [2, 6]}')
    assert read_class_groups(tmp_path / "mine.json", names) == found


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            "- a\n",
            ("`{path}` must hold groups, each with a list of classes, such as `dog: [151-268]`, "
            "got a list. Write each group so."),
        ),
        (
            "",
            ("`{path}` must hold groups, each with a list of classes, such as `dog: [151-268]`, "
            "got none. Write each group so."),
        ),
        (
            "a: [0]\nb: 1\n",
            ("`{path}` must hold groups, each with a list of classes, such as `dog: [151-268]`, "
            "got 'b' with 1. Write each group so."),
        ),
        (
            "a: [cta]\nb: [dog]\n",
            ("{path}, a: a class must be an index, a range such as 151-268, or a class name of the "
            "network, got 'cta'. Did you mean cat?"),
        ),
        (
            "a: [4-1]\nb: [dog]\n",
            ("{path}, a: a class must be an index, a range such as 151-268, or a class name of the "
            "network, got '4-1'. Correct it."),
        ),
        (
            "a: [cat]\nb: [crane]\n",
            ("{path}, b: a class must be named so that it is one, got 'crane', the name of 2 "
            "classes. Write its index."),
        ),
        ("a: [0]\na: [1]\n", ("Expected YAML in {path}, got an error in line 2, column 1: `a` is "
         "written twice. Mend that line.")),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_in_words(tmp_path, content, words):
    path = tmp_path / "groups.yaml"
    path.write_text(content)
    with pytest.raises(ConfigError) as caught:
        read_class_groups(path, ("cat", "dog", "crane", "crane"))
    assert str(caught.value) == words.format(path=path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError) as caught:
        read_class_groups(tmp_path / "no.yaml", NAMES)
    assert str(caught.value) == (
        f"Expected a file with groups of classes at `{tmp_path / 'no.yaml'}`, got nothing there. "
        "Write each group with a list of its classes, such as `dog: [151-268]`."
    )
