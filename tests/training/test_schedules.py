"""Learning rates at closed-form places, and settings that are refused."""

import math
from itertools import pairwise

import pytest

from cuelens.errors import ConfigError
from cuelens.training import Constant, OneCycle, Schedule, Steps

SCHEDULES = (Constant(rate=0.1), OneCycle(rate=0.1), Steps(rate=0.1))


@pytest.mark.parametrize("schedule", SCHEDULES, ids=repr)
def test_every_schedule_is_positive_while_training_lasts(schedule):
    assert isinstance(schedule, Schedule)
    assert all(0 < schedule(step / 100) <= 0.1 for step in range(100))


def test_a_constant_rate_stays():
    assert {Constant(rate=0.3)(done) for done in (0.0, 0.5, 0.99)} == {0.3}


@pytest.mark.parametrize(
    ("done", "rate"),
    [
        (0.0, 0.02),
        (0.125, 0.11),
        (0.25, 0.2),
        (0.5, 0.2 * (1 + math.cos(math.pi / 3)) / 2),
        (0.625, 0.1),
        (1.0, 0.0),
    ],
)
def test_one_cycle_rises_to_its_peak_and_falls_along_a_cosine(done, rate):
    assert OneCycle(rate=0.2, rise=0.25)(done) == pytest.approx(rate, abs=1e-15)


def test_one_cycle_is_highest_at_its_peak_and_has_no_jump():
    schedule = OneCycle(rate=0.2, rise=0.3)
    rates = [schedule(step / 1000) for step in range(1001)]
    assert max(rates) == rates[300] == 0.2
    assert rates[:301] == sorted(rates[:301])
    assert rates[300:] == sorted(rates[300:], reverse=True)
    assert max(abs(a - b) for a, b in pairwise(rates)) < 1e-3


@pytest.mark.parametrize(
    ("done", "rate"),
    [(0.0, 0.01), (0.499, 0.01), (0.5, 0.001), (0.749, 0.001), (0.75, 1e-4), (0.999, 1e-4)],
)
def test_the_papers_steps_fall_tenfold_at_each_milestone(done, rate):
    assert Steps()(done) == pytest.approx(rate)


def test_no_milestones_are_a_constant_rate():
    assert {Steps(rate=0.2, milestones=())(done) for done in (0.0, 0.9)} == {0.2}


@pytest.mark.parametrize("schedule", [Constant, OneCycle, Steps])
@pytest.mark.parametrize("rate", [0.0, -0.1, math.inf, math.nan])
def test_a_rate_that_is_not_positive_is_refused(schedule, rate):
    with pytest.raises(ConfigError) as caught:
        schedule(rate=rate)
    assert str(caught.value) == (
        f"`rate` must be a positive finite number, got {rate}. Usual are 0.01 to 0.2."
    )


@pytest.mark.parametrize("rise", [0.0, 1.0, 20.0, math.nan])
def test_a_rise_outside_training_is_refused(rise):
    with pytest.raises(ConfigError) as caught:
        OneCycle(rate=0.1, rise=rise)
    assert str(caught.value) == (
        f"`rise` must be a share of training between 0 and 1, got {rise}. Usual is 0.2."
    )


@pytest.mark.parametrize("milestones", [(0.75, 0.5), (0.5, 0.5), (0.0,), (1.0,), (30.0, 60.0)])
def test_milestones_that_do_not_rise_within_training_are_refused(milestones):
    with pytest.raises(ConfigError) as caught:
        Steps(milestones=milestones)
    assert str(caught.value) == (
        "`milestones` must rise between 0 and 1 (shares of training, not epochs), got "
        f"{milestones}."
    )


@pytest.mark.parametrize("factor", [0.0, 1.0, 10.0])
def test_a_factor_that_does_not_lower_the_rate_is_refused(factor):
    with pytest.raises(ConfigError) as caught:
        Steps(factor=factor)
    assert str(caught.value) == f"`factor` must be between 0 and 1, got {factor}. Usual is 0.1."
