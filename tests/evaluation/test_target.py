"""The class that is explained: the true, the predicted or a given one."""

import pytest
import torch
from torch import nn

from cuelens.errors import ConfigError, DataError
from cuelens.evaluation import Target, identity_of
from cuelens.networks import Classifier

NAMES = ("ant", "bee", "cat")


class Brightest(nn.Module):
    """Answers the channel with the largest sum; another one while it is in train mode."""

    def forward(self, images):
        sums = images.sum((2, 3))
        return sums.roll(1, dims=1) if self.training else sums


@pytest.fixture
def classifier():
    return Classifier(Brightest().train(), class_names=NAMES)


@pytest.fixture
def images():
    """Return images whose brightest channels are 2, 0, 1, 2."""
    pixels = torch.full((4, 3, 2, 2), 0.25)
    for row, channel in enumerate((2, 0, 1, 2)):
        pixels[row, channel] = 0.75
    return pixels


def test_the_predicted_class_is_the_answer_in_eval_mode(classifier, images):
    true = torch.zeros(4, dtype=torch.int64)
    assert Target.PREDICTED.labels(classifier, images, true).tolist() == [2, 0, 1, 2]
    assert classifier.network.training
    small = Target.PREDICTED.labels(classifier, images, true, micro_batch=3)
    assert small.tolist() == [2, 0, 1, 2]


def test_the_true_class_is_what_the_data_says(classifier, images):
    true = torch.tensor([1, 1, 0, 2], dtype=torch.int32)
    found = Target.TRUE.labels(classifier, images, true)
    assert found.tolist() == [1, 1, 0, 2]
    assert found.dtype == torch.int64


@pytest.mark.parametrize(("named", "label"), [("cat", 2), (2, 2), ("ant", 0), (0, 0)])
def test_a_given_class_is_the_same_for_every_image(classifier, images, named, label):
    found = Target.given(named).labels(classifier, images, torch.ones(4, dtype=torch.int64))
    assert found.tolist() == [label] * 4
    assert found.dtype == torch.int64


def test_targets_are_told_apart_by_value_in_records_and_on_figures():
    targets = (Target.TRUE, Target.PREDICTED, Target.given("cat"), Target.given(2))
    assert Target.given("cat") == Target.given("cat")
    assert len(set(targets)) == len({identity_of(target) for target in targets}) == 4
    assert [repr(target) for target in targets] == [
        "Target.TRUE", "Target.PREDICTED", "Target.given('cat')", "Target.given(2)",
    ]  # fmt: skip
    assert [str(target) for target in targets] == [
        "the true class",
        "the class that each model predicts on the unchanged image",
        "the class cat",
        "the class 2",
    ]


def test_a_class_that_is_not_known_is_refused_with_the_nearest_one(classifier, images):
    true = torch.zeros(4, dtype=torch.int64)
    with pytest.raises(ConfigError) as error:
        Target.given("cot").labels(classifier, images, true)
    assert str(error.value) == (
        "The class explained must be one of ant, bee, cat, got 'cot'. Did you mean 'cat'?"
    )
    with pytest.raises(ConfigError) as error:
        Target.given("zebra").index((*NAMES, *(f"class {place}" for place in range(11))))
    assert str(error.value) == (
        "The class explained must be one of ant, bee, cat, class 0, class 1, class 2, class 3, "
        "class 4, class 5, class 6, class 7, class 8 and 2 more, got 'zebra'. "
        "Name a class that the models know."
    )


@pytest.mark.parametrize("index", [-1, 3])
def test_an_index_beyond_the_classes_is_refused(index):
    with pytest.raises(ConfigError) as error:
        Target.given(index).index(NAMES)
    assert str(error.value) == (
        f"The class explained must be one of 0 to 2 (the models know 3), got {index}."
    )


def test_a_true_class_that_is_wanted_must_be_known(classifier, images):
    with pytest.raises(DataError) as error:
        Target.TRUE.labels(classifier, images, torch.tensor([0, -1, 2, -1]))
    assert str(error.value) == (
        "The true class must be known of all images, got 2 of 4 without one. Put images into "
        "folders named after their classes, or explain what is predicted."
    )
