"""From logits to columns: ranks, ties, losses, and answers that are no numbers."""

import math

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from cuelens.evaluation.answers import answers, image_change, rank_of
from cuelens.evaluation.tables import table_of

NAN, INF = float("nan"), float("inf")


def test_equal_logits_rank_by_class_index():
    logits = torch.tensor([[1.0, 3.0, 3.0, 0.0]] * 4)
    assert rank_of(logits, torch.arange(4)).tolist() == [3, 1, 2, 4]


def test_the_prediction_is_the_class_of_rank_one():
    generator = np.random.Generator(np.random.Philox(key=1))
    logits = torch.from_numpy(generator.integers(0, 4, (500, 6))).float()  # many equal logits
    columns = answers(logits, torch.zeros(500, dtype=torch.int64), {})
    assert (rank_of(logits, torch.from_numpy(columns["prediction"])) == 1).all()


def test_the_columns_are_those_of_the_softmax():
    logits = torch.linspace(-3, 3, 40).reshape(10, 4).sin() * 5
    labels = torch.arange(10) % 4
    columns = answers(logits, labels, {"shape": labels, "texture": (labels + 1) % 4})
    frame = table_of("predictions", columns, {})
    assert frame["loss"].to_list() == pytest.approx(
        cross_entropy(logits.double(), labels, reduction="none").tolist(), abs=1e-12
    )
    assert torch.equal(
        torch.tensor(frame["probabilities"].to_list()), logits.double().softmax(1).float()
    )
    assert frame["prediction"].to_list() == logits.argmax(1).tolist()
    assert frame["shape_rank"].equals(frame["label_rank"], check_names=False)
    assert frame["texture"].to_list() == ((labels + 1) % 4).tolist()
    assert frame["colour"].null_count() == frame["colour_rank"].null_count() == 10


def test_two_best_logits_within_a_ten_thousandth_are_a_tie():
    logits = torch.tensor([[1.0, 1.00005, -2.0], [1.0, 1.0002, -2.0], [1.0, -2.0, -2.0]])
    columns = answers(logits, torch.zeros(3, dtype=torch.int64), {})
    assert columns["tie"].tolist() == [True, False, False]


def test_logits_that_are_no_numbers_are_wrong_and_never_averaged_away():
    logits = torch.tensor([[0.0, NAN, 1.0], [INF, 0.0, 0.0], [5.0, -INF, 0.0], [NAN] * 3])
    columns = answers(logits, torch.zeros(4, dtype=torch.int64), {"shape": torch.ones(4).long()})
    assert columns["prediction"].tolist() == [-1, -1, 0, -1]
    assert columns["label_rank"].tolist() == [4, 4, 1, 4]
    assert columns["shape_rank"].tolist() == [4, 4, 3, 4]
    assert [math.isnan(loss) for loss in columns["loss"]] == [True, True, False, True]
    assert not columns["tie"].any()


def test_one_class_is_no_tie():
    columns = answers(torch.zeros(2, 1), torch.zeros(2, dtype=torch.int64), {})
    assert columns["tie"].tolist() == [False, False]
    assert columns["loss"].tolist() == [0, 0]


def test_image_change_is_the_root_mean_square_and_the_structural_distance():
    clean = torch.zeros(2, 3, 4, 4)
    images = clean.clone()
    images[1] = 0.25
    images[0, 0] = 0.5
    change = image_change(images, clean)
    assert change["mean_square"].tolist() == pytest.approx([0.5 / 3**0.5, 0.25])
    # Flat images differ in their means alone: .299 x .5 and .25 against 0.
    alike = [1e-4 / (grey**2 + 1e-4) for grey in (0.1495, 0.25)]
    assert change["structural_distance"].tolist() == pytest.approx([1 - one for one in alike])
    for column in image_change(clean, clean).values():
        assert column.tolist() == [0, 0]
