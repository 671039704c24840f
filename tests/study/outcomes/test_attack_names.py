"""What names of attacks say."""

import pytest

from cuelens.study.outcomes.attack_names import (
    AttackName,
    attack_order,
    name_of,
    radius_unit,
    without_radius,
)

SUITES = ("quick-linf-8/255", "strong-linf-8/255")


@pytest.mark.parametrize(
    ("condition", "member", "in_turn", "words"),
    [
        ("strong-linf-8/255 after apgd-t", "apgd-t", True, "after apgd-t"),
        ("quick-linf-8/255, pgd-20 alone", "pgd-20", False, "pgd-20 alone"),
    ],
)
def test_a_member_is_told_from_its_suite(condition, member, in_turn, words):
    found = name_of(condition, (*SUITES, condition))
    assert found == AttackName(suite=condition[: len(found.suite)], member=member, in_turn=in_turn)
    assert found.suite in SUITES
    assert found.words == words


@pytest.mark.parametrize("condition", ["strong-linf-8/255", "pgd after lunch", "pgd, left alone"])
def test_a_name_whose_suite_is_not_there_is_taken_as_it_is(condition):
    assert name_of(condition, (*SUITES, condition)) == AttackName(suite=condition)
    assert name_of(condition, SUITES).words == ""


@pytest.mark.parametrize(
    ("name", "radius", "bare"),
    [
        ("pgd-20-linf-8/255", 8 / 255, "pgd-20-linf"),
        ("pgd-20-linf-8/255-3-starts", 8 / 255, "pgd-20-linf-3-starts"),
        ("strong-l2-0.5", 0.5, "strong-l2"),
        ("strong-l2-2", 2.0, "strong-l2"),
        ("strong-linf-8/255 after apgd-t", 8 / 255, "strong-linf after apgd-t"),
        ("flow=3", 3.0, "flow"),
        ("pgd-20", 8 / 255, "pgd-20"),
        ("pgd-1/0", 1.0, "pgd-1/0"),
        ("8/255", 8 / 255, "8/255"),
        ("pgd", None, "pgd"),
    ],
)
def test_the_radius_is_the_number_in_the_name_that_has_its_value(name, radius, bare):
    assert without_radius(name, radius) == bare


@pytest.mark.parametrize(
    ("norms", "words"),
    [
        (["Linf", "Linf"], "radius in units of the pixel range (Linf)"),
        (["L2"], "radius in units of the pixel range (L2)"),
        (
            ["pixels", None, "Linf"],
            "radius in pixels of displacement or units of the pixel range (Linf)",
        ),
        (["L1"], "radius in L1"),
        ([None], "radius as recorded"),
    ],
)
def test_the_unit_of_a_radius_is_that_of_its_norm(norms, words):
    assert radius_unit(norms) == words


def test_attacks_stand_by_radius_with_members_before_their_worst_case():
    radii = {
        "quick-16/255": 16 / 255,
        "quick-2/255, pgd-20 alone": 2 / 255,
        "quick-2/255": 2 / 255,
        "quick-16/255, pgd-20 alone": 16 / 255,
        "fgsm": 8 / 255,
        "quick-2/255, apgd-ce alone": 2 / 255,
    }
    order = attack_order(radii)
    assert sorted(order, key=order.__getitem__) == [
        "quick-2/255, pgd-20 alone",
        "quick-2/255, apgd-ce alone",
        "quick-2/255",
        "quick-16/255, pgd-20 alone",
        "quick-16/255",
        "fgsm",
    ]
