from dataclasses import replace

import numpy as np
import torch

from cuelens.explore import Picture, Subjects, answers_of, look_at
from cuelens.explore.drawing import answers_html


def test_answers_are_the_softmax_of_the_untouched_networks(
    subjects: Subjects, picture: Picture
) -> None:
    mean, left = answers_of(subjects, picture.images)
    for answer in (mean, left):
        logits = subjects.given[answer.model](picture.images)[0]
        assert np.allclose(answer.every, logits.softmax(0).detach().numpy(), atol=1e-6)
        assert answer.classes == ("yes", "no")
        assert answer.probabilities == tuple(sorted(answer.every, reverse=True))
        assert answer.place == 0


def test_a_network_that_gives_no_numbers_gives_no_answer(
    subjects: Subjects, picture: Picture
) -> None:
    with torch.no_grad():
        subjects.given["left"].network[1].weight.fill_(float("nan"))  # type: ignore[index,union-attr,operator]
    mean, left = answers_of(subjects, picture.images)
    assert (mean.place, left.place) == (0, -1)


def test_looks_are_of_a_linear_network_even_and_get_less_noisy(
    subjects: Subjects, picture: Picture
) -> None:
    answers = answers_of(subjects, picture.images)
    images = dict.fromkeys(subjects.given, picture.images)
    looks = [look_at(subjects, images, answers, samples=samples) for samples in (1, 12)]
    assert [one.samples for one, _ in looks] == [1, 12]
    first, last = looks[0][1], looks[-1][1]
    assert (first.model, first.explained) == ("left", "yes")
    assert first.picture.shape == (16, 16)
    assert set(first.picture.flatten().tolist()) == {255}  # every weight has one size
    # d log p / dx summed over channels: 3 x (1 - p) x |w_yes - w_no|
    expected = 3 * (1 - answers[1].probabilities[0]) * 0.2
    assert np.isclose(first.white, expected, rtol=1e-4)
    assert last.white > 0


def test_an_answer_is_neither_right_nor_wrong_where_the_model_has_no_such_class(
    subjects: Subjects, picture: Picture
) -> None:
    answers = answers_of(subjects, picture.images)
    for label, mark in (("yes", "\N{CHECK MARK}"), ("no", "\N{MULTIPLICATION SIGN}"), ("disc", "")):
        labelled = replace(picture, label=label)
        shown = answers_html(labelled, picture.images, answers, words="", caption="")
        assert f'<p class="says">yes{" " if mark else ""}{mark}</p>' in shown
