"""What a report says first."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from cuelens.report import ReportData, headlines

STAYED = "Adversarial training did not move these checkpoints from texture toward shape"

OPEN = "The numbers do not decide whether these checkpoints moved from texture toward shape"

UNKNOWN = "Whether these checkpoints moved from texture toward shape was not measured"

MOVED = "Adversarial training moved these checkpoints from texture toward shape"


@pytest.mark.parametrize(
    ("outcomes", "sentence"),
    [
        (["for"] * 4, f"{MOVED}: 4 of 4 claims hold"),
        (["for"], f"{MOVED}: 1 of 1 claim holds"),
        (["for", "for", "for", "undecided"], f"{MOVED}: 3 of 4 claims hold, 1 undecided"),
        (
            ["for", "undecided", "not measured"],
            f"{MOVED}, as far as the numbers decide: 1 of 2 measured claims holds, 1 undecided",
        ),
        (
            ["for", "for", "against"],
            f"{MOVED} only in part: 2 of 3 claims hold, 1 fails",
        ),
        (
            ["against", "against", "undecided"],
            f"{STAYED}: 0 of 3 claims hold, 2 fail, 1 undecided",
        ),
        (
            ["undecided", "not measured"],
            f"{OPEN}: 0 of 1 measured claim holds, 1 undecided",
        ),
        (["not measured"], "No claim was measured"),
        ([], "No claim was measured"),
    ],
)
def test_the_headline_says_what_the_verdicts_come_to(
    outcomes: list[str], sentence: str, plant: Callable[..., ReportData]
) -> None:
    verdict = plant().verdicts[0]
    assert headlines.headline([replace(verdict, outcome=one) for one in outcomes]) == sentence


@pytest.mark.parametrize(
    ("cues", "maps", "sentence"),
    [
        (["not measured"] * 2, ["against"], f"{UNKNOWN}: 0 of 1 measured claim holds, 1 fails"),
        (
            ["undecided", "not measured", "not measured"],
            ["against"],
            f"{OPEN}: 0 of 2 measured claims hold, 1 fails, 1 undecided",
        ),
        (
            ["against", "undecided"],
            ["against"],
            f"{OPEN}: 0 of 3 claims hold, 2 fail, 1 undecided",
        ),
        (["for"] * 2, ["against"], f"{MOVED}: 2 of 3 claims hold, 1 fails"),
    ],
)
def test_what_is_claimed_of_maps_does_not_say_whether_cues_changed(
    cues: list[str], maps: list[str], sentence: str, plant: Callable[..., ReportData]
) -> None:
    verdict = plant().verdicts[0]
    found = [replace(verdict, outcome=one) for one in cues]
    found += [replace(verdict, outcome=one, percent=False) for one in maps]
    assert headlines.headline(found) == sentence


def test_of_claims_of_ones_own_it_is_counted_how_many_hold(
    plant: Callable[..., ReportData],
) -> None:
    verdict = plant().verdicts[0]
    found = [replace(verdict, outcome=one) for one in ("for", "against", "undecided")]
    sentence = headlines.headline(found, published=False)
    assert sentence == "1 of 3 claims holds, 1 fails, 1 undecided"
    assert headlines.headline([], published=False) == "No claim was measured"


@pytest.mark.parametrize(
    ("guessing", "start"),
    [
        ([], ""),
        (["a", "b"], "May only guess, even on clean images: a and b. "),
        (["a", "b", "c", "d"], "May only guess, even on clean images: 4 of 5 models. "),
    ],
)
def test_models_that_may_guess_stand_first_in_the_headline(guessing: list[str], start: str) -> None:
    assert headlines.with_guesses("1 claim holds", guessing, 5) == f"{start}1 claim holds"


def test_exploratory_verdicts_do_not_make_the_headline(plant: Callable[..., ReportData]) -> None:
    verdict = replace(plant().verdicts[0], confirmatory=False)
    assert headlines.headline([verdict]) == "No claim was measured"
