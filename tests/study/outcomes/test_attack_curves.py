"""How attacks went: shares and means against the step, and each attack beside the worst case."""

import numpy as np
import polars as pl
import pytest
from tests.study.planted_attacks import part, planted_attacks

from cuelens.errors import RecordError
from cuelens.means import mean
from cuelens.statistics import wilson
from cuelens.study.outcomes.attack_curves import (
    CURVE_COLUMNS,
    RESULT_COLUMNS,
    attack_curves,
    attack_results,
)


def of(curves, quantity):
    return dict(curves.filter(pl.col("quantity") == quantity).select("step", "value").iter_rows())


def three(**changes):
    """Return three images: fooled after one step, never fooled, wrong when clean."""
    settings = {
        "clean_right": [True, True, False],
        "fooled": [True, False, True],
        "steps": [1, 3, 0],
        "points": (0, 1, 2),
        "losses": [[1.0, 2.0, 2.0], [0.0, 0.5, 1.0], None],
        "lengths": [[0.0, 0.02, 0.02], [0.0, 0.01, 0.03], None],
        "loss": [2.0, 1.5, 9.0],
        "length": [0.02, 0.03, 0.0],
    }
    return part("pgd-3", **(settings | changes))


def test_shares_and_means_are_over_the_images_that_were_attacked():
    curves = attack_curves(three())
    assert curves.columns == list(CURVE_COLUMNS)
    assert of(curves, "share fooled") == {0: 0.0, 1: 0.5, 2: 0.5, 3: 0.5}
    assert of(curves, "loss") == pytest.approx({0: 0.5, 1: 1.25, 2: 1.5, 3: 1.75})
    assert of(curves, "length") == pytest.approx({0: 0.0, 1: 0.015, 2: 0.025, 3: 0.025})
    assert set(curves["n"]) == {2}


def test_every_number_has_its_interval():
    curves = attack_curves(three())
    row = curves.filter(step=1, quantity="share fooled").row(0, named=True)
    expected = wilson(1, 2)
    assert (row["low"], row["high"], row["method"]) == (expected.low, expected.high, "Wilson")
    row = curves.filter(step=1, quantity="loss").row(0, named=True)
    expected = mean(np.array([2.0, 0.5]), within=(0.0, np.inf))
    assert expected.low == 0.0  # a loss is never below
    assert (row["low"], row["high"]) == pytest.approx((expected.low, expected.high))
    assert row["method"] == "Student's t"


def test_an_image_that_was_fooled_stays_fooled_and_keeps_what_it_had_last():
    n = 50
    rng = np.random.default_rng(0)
    curves = attack_curves(planted_attacks(n=n, seed=1))
    for _, own in curves.group_by("model", "condition"):
        values = list(of(own.sort("step"), "share fooled").values())
        assert values == sorted(values)
    losses = rng.random(n, dtype=np.float32)
    left = part(
        "pgd",
        clean_right=[True] * n,
        fooled=[True] * n,
        steps=[0] * n,
        points=(0, 1, 2),
        losses=[[loss] * 3 for loss in losses.tolist()],
    )
    assert of(attack_curves(left), "loss") == pytest.approx(
        dict.fromkeys((0, 1, 2), losses.mean(dtype=np.float64))
    )


def test_the_last_step_ends_where_the_records_do():
    steps = attack_curves(three(steps=[1, 2, 0]))["step"].unique().sort().to_list()
    assert steps == [0, 1, 2]
    rows = attack_curves(planted_attacks()).group_by("suite", "member").agg(pl.col("step").max())
    ends = {member: step for _, member, step in rows.iter_rows()}
    assert ends == {"apgd-ce": 101, "apgd-t": 909, "fab-t": 900, "square": 5000}


def test_draws_of_an_image_count_as_one_and_their_worst_as_fooled():
    robust = three(fooled=[False, False, True], steps=[3, 3, 0], draw=1)
    both = attack_curves(pl.concat([three(), robust]))
    assert set(both["n"]) == {2}
    assert of(both, "share fooled") == of(attack_curves(three()), "share fooled")
    assert of(both, "loss")[3] == pytest.approx(1.75)


def test_images_watched_at_other_steps_are_carried_to_common_ones():
    one = part(
        "pgd", clean_right=[True], fooled=[False], steps=[4], points=(0, 4), losses=[[1.0, 5.0]]
    )
    two = part(
        "pgd", clean_right=[True], fooled=[False], steps=[4], points=(0, 2), losses=[[3.0, 7.0]],
        loss=[8.0],
    ).with_columns(image=pl.lit("test/other"))  # fmt: skip
    found = of(attack_curves(pl.concat([one, two])), "loss")
    assert found == {0: 2.0, 2: 4.0, 4: 6.5}


def test_one_image_has_no_interval_and_no_number_has_no_mean():
    alone = part("pgd", clean_right=[True], fooled=[False], steps=[2], losses=[[1.0, float("nan")]])
    curves = attack_curves(alone).filter(quantity="loss").sort("step")
    assert curves["value"].to_list() == [1.0, None, 0.0]
    assert curves["low"].to_list() == [None] * 3
    assert curves["n"].to_list() == [1, 0, 1]


def test_square_takes_queries_and_worst_cases_have_no_curve():
    curves = attack_curves(planted_attacks())
    units = dict(curves.select("member", "unit").unique().iter_rows())
    assert units == {
        "apgd-ce": "steps",
        "apgd-t": "steps, target after target",
        "fab-t": "steps, target after target",
        "square": "queries",
    }
    assert "strong-linf-8/255" not in set(curves["condition"])
    assert set(curves["suite"]) == {"strong-linf-8/255"}


def test_no_records_have_no_curves_and_no_results():
    nothing = three().clear()
    assert attack_curves(nothing).is_empty()
    assert attack_results(nothing).is_empty()
    assert attack_results(nothing).columns == list(RESULT_COLUMNS)


def test_results_are_clean_then_each_attack_then_the_worst_case():
    records = planted_attacks(radii=("8/255", "2/255"), suite="quick", n=60)
    found = attack_results(records)
    rows = found.filter(pl.col("model") == "standard").select("suite", "attack").rows()
    words = ("clean", "pgd-20 alone", "apgd-ce alone", "worst case")
    assert rows == [
        (suite, word) for suite in ("quick-linf-2/255", "quick-linf-8/255") for word in words
    ]
    assert found["model"].to_list()[:4] == ["standard", "adversarial", "standard", "adversarial"]


def test_results_are_rates_of_the_records():
    records = planted_attacks(n=60)
    found = attack_results(records).filter(pl.col("model") == "standard")
    own = records.filter(model="standard", condition="strong-linf-8/255")
    for attack, right in (("clean", own["clean_right"]), ("worst case", ~own["fooled"])):
        row, expected = found.filter(attack=attack).row(0, named=True), wilson(int(right.sum()), 60)
        assert (row["n"], row["value"]) == (60, expected.value)
        assert (row["low"], row["high"]) == pytest.approx((expected.low, expected.high))


def test_members_in_turn_say_what_they_were_given_and_broke():
    records = planted_attacks(n=60)
    found = attack_results(records).filter(pl.col("model") == "standard")
    left = found.filter(attack="clean")["value"].item() * 60
    for attack in ("after apgd-ce", "after apgd-t", "after fab-t", "after square"):
        row = found.filter(attack=attack).row(0, named=True)
        assert row["attacked"] == round(left)
        left = row["value"] * 60
        assert row["attacked"] - row["broken"] == round(left)
    worst, clean = (
        found.filter(attack=name).row(0, named=True) for name in ("worst case", "clean")
    )
    assert worst["attacked"] == round(clean["value"] * 60)
    assert worst["attacked"] - worst["broken"] == round(left)
    assert (clean["attacked"], clean["broken"]) == (None, None)


def test_a_member_for_which_none_was_left_was_given_none():
    right, wrong = [True, True], [True, True]
    first = part("s after a", clean_right=right, fooled=wrong, steps=[1, 1])
    second = part("s after b", clean_right=right, fooled=wrong, steps=[1, 1], points=None)
    worst = part("s", clean_right=right, fooled=wrong, steps=[1, 1], points=None)
    found = attack_results(pl.concat([first, second, worst]))
    assert found.select("attack", "attacked", "broken").rows() == [
        ("clean", None, None),
        ("after a", 2, 2),
        ("after b", 0, 0),
        ("worst case", 2, 2),
    ]


def test_members_are_known_before_their_worst_case_is_there():
    early = part("strong after apgd-ce", clean_right=[True], fooled=[False], steps=[2])
    (row,) = attack_results(early, suites=["strong"]).iter_rows(named=True)
    assert (row["suite"], row["attack"]) == ("strong", "after apgd-ce")
    assert set(attack_results(early)["attack"]) == {"clean", "attacked"}


def test_a_plain_attack_is_its_own_suite():
    found = attack_results(three())
    assert found.select("suite", "attack", "value", "attacked", "broken").rows() == [
        ("pgd-3", "clean", 2 / 3, None, None),
        ("pgd-3", "attacked", 1 / 3, 2, 1),
    ]


def test_records_of_another_version_are_refused():
    with pytest.raises(RecordError) as error:
        attack_curves(three().drop("points"))
    assert str(error.value) == (
        "The records of attacks must have the columns model, dataset, condition, level, norm, "
        "settings, image, fooled, steps, length, loss, points, losses, lengths, got none called "
        "points. Evaluate again with this version."
    )
