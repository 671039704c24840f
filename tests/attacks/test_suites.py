"""Suites in memory: the worst case, and what they refuse."""

import pytest
import torch

from cuelens.attacks import (
    APGD,
    PGD,
    Square,
    Suite,
    TargetedAPGD,
    TargetedFAB,
    quick_suite,
    strong_suite,
)
from cuelens.balls import L2, Linf
from cuelens.errors import ConfigError, ModelError, RangeError
from cuelens.losses import margin

BALL = Linf(radius=3 / 255)
WEAK = PGD(ball=BALL, step=1 / 255, steps=1, stop_when_fooled=True)
STRONG = APGD(ball=BALL, steps=20)


def test_the_worst_case_is_never_above_its_cheapest_member(classify, images, labels, chance):
    suite = Suite(members=(("weak", WEAK), ("strong", STRONG)), in_turn=True)
    worst = suite(classify, images, labels, chance=chance)
    fooled = margin(classify(worst.images), labels) < 0
    for attack in (WEAK, STRONG):
        alone = margin(classify(attack(classify, images, labels, chance=chance).images), labels)
        assert (fooled | (alone >= 0)).all()
    assert torch.equal(worst.robust, ~fooled)
    assert torch.equal(worst.broken_by >= 0, fooled & worst.clean_right)
    assert set(worst.broken_by.tolist()) == {-1, 0, 1}
    first = WEAK(classify, images, labels, chance=chance)
    by_first = worst.broken_by == 0
    assert torch.equal(worst.images[by_first], first.images[by_first])
    assert torch.equal(worst.steps[by_first], first.steps[by_first])
    torch.testing.assert_close(worst.lengths, BALL.length(worst.images - images))


def test_images_that_are_wrong_when_clean_come_back_unchanged_and_are_told_apart(
    classify, images, labels, chance
):
    suite = Suite(members=(("weak", WEAK), ("strong", STRONG)), in_turn=True)
    worst = suite(classify, images, labels, chance=chance)
    wrong = margin(classify(images), labels) < 0
    assert 0 < wrong.sum() < len(images)
    assert torch.equal(worst.clean_right, ~wrong)
    assert torch.equal(worst.images[wrong], images[wrong])
    assert not worst.steps[wrong].any()
    assert not worst.lengths[wrong].any()
    assert (worst.broken_by[wrong] == -1).all()
    assert not worst.robust[wrong].any()


def test_where_every_image_is_wrong_when_clean_nothing_is_attacked(classify, images, chance):
    answers = classify(images).argmax(1)
    suite = Suite(members=(("weak", WEAK),), in_turn=True)
    worst = suite(classify, images, (answers + 1) % 4, chance=chance)
    assert torch.equal(worst.images, images)
    assert not worst.clean_right.any()
    assert not worst.robust.any()


def test_a_suite_refuses_what_its_attacks_refuse(classify, images, labels, chance):
    suite = Suite(members=(("weak", WEAK),), in_turn=True)
    with pytest.raises(ModelError) as caught:
        suite(lambda batch: classify(batch) * float("nan"), images, labels, chance=chance)
    assert str(caught.value) == (
        "The classifier must return finite logits, got infinite or not-a-number ones. "
        "Its weights may have diverged: load an earlier checkpoint, or use float32."
    )
    with pytest.raises(RangeError) as outside:
        suite(classify, images, labels + 4, chance=chance)
    assert str(outside.value).startswith("`labels` must be classes from 0 to 3 (the classifier has")


def test_the_usual_suites_are_as_they_are_known():
    linf = Linf(radius=8 / 255)
    assert quick_suite(linf).members == (
        ("pgd-20", PGD(ball=linf, step=2 / 255, steps=20, stop_when_fooled=True)),
        ("apgd-ce", APGD(ball=linf, steps=100)),
    )
    assert not quick_suite(linf).in_turn
    l2 = L2(radius=0.5)
    assert strong_suite(l2).members == (
        ("apgd-ce", APGD(ball=l2, steps=100)),
        ("apgd-t", TargetedAPGD(ball=l2, steps=100, targets=9)),
        ("fab-t", TargetedFAB(ball=l2, steps=100, targets=9)),
        ("square", Square(ball=l2, queries=5000)),
    )
    assert strong_suite(l2).in_turn


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (
            (),
            "`members` must be at least one attack, each with a name of its own, got none.",
        ),
        (
            (("one", WEAK), ("one", STRONG)),
            "`members` must be at least one attack, each with a name of its own, got one, one.",
        ),
        (
            (("one", WEAK), ("two", APGD(ball=L2(radius=0.5)))),
            (
                "The attacks of a suite must have one ball, got L2(radius=0.5), "
                f"{BALL!r}. A worst case over several threats is not a robust accuracy."
            ),
        ),
    ],
)
def test_bad_suites_are_refused(members, message):
    with pytest.raises(ConfigError) as caught:
        Suite(members=members, in_turn=True)
    assert str(caught.value) == message
