import polars as pl
import pytest

from cuelens.study.checks.checks import (
    Check,
    check_chance,
    check_clean_accuracy,
    check_images,
    check_seeds,
)


def test_few_seeds_are_named_by_role():
    check = check_seeds({"adversarial": 5, "standard": 1}, ["saturation"])
    assert (check.raised, check.about) == (True, ("saturation",))
    assert check.sentence == (
        "Fewer than 5 training seeds (standard 1): the numbers speak of these checkpoints, not of "
        "the recipes."
    )
    assert not check_seeds({"adversarial": 5, "standard": 6}, []).raised


@pytest.mark.parametrize(("n", "raised"), [(199, True), (200, False)])
def test_few_images_are_fewer_than_two_hundred(n, raised):
    check = check_images(n, ["c"])
    assert check.raised is raised
    rests = f"A value rests on {n}" if raised else f"Every value rests on at least {n}"
    assert check.sentence == f"{rests} images; 200 are the least to rely on."


@pytest.mark.parametrize(
    ("control", "raised", "words"),
    [(0.72, False, "within"), (0.721, True, "more than"), (0.679, True, "more than")],
)
def test_a_control_is_as_accurate_to_two_points(control, raised, words):
    check = check_clean_accuracy(("underfit", control), ("adversarial", 0.7), 1000, ["c"])
    assert check.raised is raised
    assert check.sentence == (
        f"On clean images underfit is right for {100 * control:.1f} %, adversarial for 70.0 % "
        f"(n = 1,000): {100 * abs(control - 0.7):.1f} points apart, {words} the 2 points that a "
        "control of equal clean accuracy may differ by."
    )


def rates_of(value: float, low: float, high: float) -> pl.DataFrame:
    row = {"model": "m", "family": "clean", "quantity": "accuracy", "n": 24}
    return pl.DataFrame([{**row, "value": value, "low": low, "high": high}])


def test_a_model_that_may_guess_is_doubted_with_all_claims():
    (check,) = check_chance(rates_of(0.167, 0.067, 0.359), 6, ["saturation"])
    assert check.name == "near-chance"
    assert check.raised
    assert check.about == ("m", "saturation")
    assert check.sentence == (
        "m is right for 16.7 % of clean images (interval 6.7 to 35.9, n = 24); guessing gives "
        "16.7 %: its retention says nothing of cues."
    )


def test_a_model_that_is_better_than_guessing_is_not_doubted():
    (check,) = check_chance(rates_of(0.8, 0.7, 0.9), 10, ["saturation"])
    assert not check.raised
    assert check.about == ("m",)


def test_a_check_that_had_nothing_to_check_neither_doubts_nor_passes():
    checks = [
        Check(name="few-images", raised=raised, checked=checked, sentence="n = 3.")
        for raised, checked in ((True, True), (False, True), (False, False))
    ]
    assert [check.result for check in checks] == ["doubt", "passed", "not checked"]
