"""Numbers and conditions in words."""

import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from cuelens.report import ReportData, wording
from cuelens.report.cards import cards_of, tally


@pytest.mark.parametrize(
    ("three", "words"),
    [
        ((-0.1, -0.15, -0.05), "-10.0 points [-15.0, -5.0]"),
        ((0.1, -0.05, 0.15), "+10.0 points [-5.0, 15.0]"),
        ((0.0, -0.1, 0.1), "0.0 points [-10.0, 10.0]"),
        ((-0.0002, -0.1, 0.1), "0.0 points [-10.0, 10.0]"),
        ((0.2, 0.1998, 0.2002), "+20.000 points [19.980, 20.020]"),
    ],
)
def test_a_difference_of_shares_is_in_points(three: tuple[float, ...], words: str) -> None:
    assert " ".join(wording.difference(*three)).replace(wording.MINUS, "-") == words


@pytest.mark.parametrize(
    ("value", "share", "text"),
    [
        (0.914, True, "91.4\N{NARROW NO-BREAK SPACE}%"),
        (-0.02, True, "\N{MINUS SIGN}2.0\N{NARROW NO-BREAK SPACE}%"),
        (12.3456, False, "12.3"),
        (12345.6, False, "12,346"),
        (0.5412, False, "0.541"),
        (0.00012, False, "0.00012"),
        (0.0, False, "0.000"),
        (math.nan, True, "\N{EN DASH}"),
        (None, False, "\N{EN DASH}"),
    ],
)
def test_a_number_is_shown_with_few_figures(value: float | None, share: bool, text: str) -> None:
    assert wording.quantity(value, share=share) == text


def test_an_interval_that_is_missing_is_not_made_up() -> None:
    assert wording.span(None, 0.5, share=True) == ""
    assert wording.interval(3.0, None, None, share=False) == "3"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(12.2, "12 s"), (163.0, "3 min"), (7300.0, "2.0 h"), (None, "\N{EN DASH}")],
)
def test_times_are_in_the_unit_that_a_person_would_use(seconds: float | None, text: str) -> None:
    assert wording.duration(seconds) == text


def test_levels_are_numbers_with_separators() -> None:
    levels = [wording.level(value) for value in (1.0, 1024.0, 0.07, 8 / 255, None)]
    assert levels == ["1", "1,024", "0.07", "0.03137", ""]


def test_a_sentence_keeps_its_minus_signs_and_units_together() -> None:
    assert wording.tidy("Under p-norms -2.5 to +1.0 % (n = 14)") == (
        "Under p-norms \N{MINUS SIGN}2.5 to +1.0\N{NARROW NO-BREAK SPACE}% "
        "(n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}14)"
    )


@pytest.mark.parametrize(
    ("value", "share", "text"),
    [
        (0.245, True, "+24.5"),
        (-0.0004, True, "0.0"),
        (-0.0004, False, "0.000"),
        (-0.02, False, "\N{MINUS SIGN}0.020"),
        (None, True, "\N{EN DASH}"),
    ],
)
def test_a_difference_has_a_sign_unless_it_rounds_to_nothing(
    value: float | None, share: bool, text: str
) -> None:
    assert wording.points(value, share=share) == text


def test_an_unknown_family_keeps_its_name() -> None:
    assert wording.family("non-local_means").title == "Non local means"


def test_cards_place_intervals_zero_and_margin_on_one_track(
    plant: Callable[..., ReportData],
) -> None:
    data = plant()
    cards = cards_of(data.verdicts, data.checks)
    more, less = cards[0], cards[1]
    assert more.zero == less.zero
    assert more.margin.at > more.zero.at > less.margin.at
    assert more.zone == (more.margin.at, 100 - more.margin.at)
    assert less.zone == (0.0, less.margin.at)
    for card in cards:
        for bar in card.bars:
            assert 0 <= bar.low <= bar.at <= bar.high <= 100
    assert [len(card.doubts) for card in cards] == [1, 1, 0, 0]


def test_a_card_says_its_outcome_once_and_leads_with_the_first_sentence(
    plant: Callable[..., ReportData],
) -> None:
    verdict = replace(plant().verdicts[0], sentence="For: it keeps 1.5 points. It holds. Truly.")
    (card,) = cards_of([verdict], [])
    assert (card.sentence, card.rest) == ("It keeps 1.5 points.", "It holds. Truly.")


@pytest.mark.parametrize(
    ("direction", "low", "high", "side"),
    [
        ("greater", -0.02, 0.3, "right"),
        ("greater", -0.3, 0.01, "end"),
        ("greater", -0.01, 0.01, "left"),  # of the margin, still at the right of zero
        ("smaller", -0.3, 0.02, "left"),
        ("smaller", -0.01, 0.3, "start"),
        ("smaller", -0.01, 0.01, "right"),
    ],
)
def test_the_margins_label_stays_on_the_card_and_on_the_margins_side_of_zero(
    direction: str, low: float, high: float, side: str, plant: Callable[..., ReportData]
) -> None:
    verdict = plant().verdicts[0]
    effect = replace(verdict.effects[0], difference=0.0, low=low, high=high)
    (card,) = cards_of([replace(verdict, direction=direction, effects=(effect,))], [])
    assert card.margin.side == side


def test_the_tally_leaves_out_what_does_not_occur(plant: Callable[..., ReportData]) -> None:
    assert tally(plant().verdicts) == (("for", 2), ("undecided", 1), ("not measured", 1))


@pytest.mark.parametrize(
    ("three", "share", "told"),
    [
        ((0.0012, 0.00108, 0.00132), False, ("0.00120", "[0.00108, 0.00132]")),
        ((0.52, 0.41, 0.61), False, ("0.520", "[0.410, 0.610]")),
        ((0.98761, 0.98742, 0.98779), True, ("98.761 %", "[98.742, 98.779]")),
        ((1.0, 1.0, 1.0), True, ("100.0 %", "[100.0, 100.0]")),
        ((0.5, None, None), True, ("50.0 %", "")),
    ],
)
def test_an_interval_is_written_so_that_its_ends_differ(
    three: tuple[float | None, ...], share: bool, told: tuple[str, str]
) -> None:
    number, span = wording.numbers(*three, share=share)
    assert (number.replace(wording.GAP, " "), span) == told
