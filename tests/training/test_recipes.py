"""The recipes by name, and settings that are refused."""

import math

import pytest

from cuelens.attacks import PGD
from cuelens.balls import L2, Linf
from cuelens.errors import ConfigError
from cuelens.training import CropAndFlip, MinMax, OneCycle, Recipe, Standard, pgd_l2, pgd_linf
from cuelens.training import standard as standard_recipe


def test_the_standard_recipe_attacks_nothing():
    assert standard_recipe() == Recipe(
        objective=Standard(),
        epochs=6,
        batch_size=128,
        schedule=OneCycle(rate=0.2),
        momentum=0.9,
        weight_decay=5e-4,
        augmentation=CropAndFlip(padding=4, flip=True),
        stop_at_accuracy=None,
    )
    assert standard_recipe(epochs=2).epochs == 2


def test_the_linf_recipe_crosses_its_ball_one_and_a_half_times():
    attack = PGD(ball=Linf(radius=8 / 255), step=6 / 255, steps=2)
    assert pgd_linf() == Recipe(objective=MinMax(attack=attack, warm_up=1.0), epochs=10)
    changed = pgd_linf(radius=0.25, steps=3, epochs=4)
    assert changed.objective.attack == PGD(ball=Linf(radius=0.25), step=0.125, steps=3)
    assert changed.epochs == 4


def test_the_l2_recipe_crosses_its_ball_one_and_a_half_times():
    attack = PGD(ball=L2(radius=0.5), step=0.375, steps=2)
    assert pgd_l2() == Recipe(objective=MinMax(attack=attack, warm_up=1.0), epochs=10)
    changed = pgd_l2(radius=2.0, steps=3, epochs=4)
    assert changed.objective.attack == PGD(ball=L2(radius=2.0), step=1.0, steps=3)
    assert changed.epochs == 4


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"epochs": 0}, "`epochs` must be at least 1, got 0."),
        (
            {"batch_size": 1},
            "`batch_size` must be at least 2 (batch norm compares images), got 1.",
        ),
        ({"momentum": 1.0}, "`momentum` must be in [0, 1), got 1.0. Usual is 0.9."),
        ({"momentum": -0.1}, "`momentum` must be in [0, 1), got -0.1. Usual is 0.9."),
        ({"momentum": math.nan}, "`momentum` must be in [0, 1), got nan. Usual is 0.9."),
        (
            {"weight_decay": -1.0},
            "`weight_decay` must be a finite number of at least 0, got -1.0. Usual is 5e-4.",
        ),
        (
            {"weight_decay": math.inf},
            "`weight_decay` must be a finite number of at least 0, got inf. Usual is 5e-4.",
        ),
        (
            {"stop_at_accuracy": 80.0},
            "`stop_at_accuracy` must be a share between 0 and 1, got 80.0. Give 0.8 for 80 %.",
        ),
        (
            {"stop_at_accuracy": 0.0},
            "`stop_at_accuracy` must be a share between 0 and 1, got 0.0. Give 0.8 for 80 %.",
        ),
    ],
    ids=str,
)
def test_a_setting_outside_its_range_is_refused(setting, message):
    with pytest.raises(ConfigError) as caught:
        Recipe(**setting)
    assert str(caught.value) == message


@pytest.mark.parametrize("recipe", [pgd_linf, pgd_l2])
def test_an_adversarial_recipe_needs_a_ball_and_steps(recipe):
    with pytest.raises(ConfigError) as caught:
        recipe(radius=0.0)
    assert str(caught.value) == (
        "`radius` must be positive, got 0. Take the recipe `standard` to train without attacks."
    )
    with pytest.raises(ConfigError) as caught:
        recipe(steps=0)
    assert str(caught.value) == "`steps` must be at least 1, got 0. Usual are 2 to 10."


def test_a_radius_of_eight_is_taken_for_eight_of_255():
    with pytest.raises(ConfigError) as caught:
        pgd_linf(radius=8.0)
    assert str(caught.value) == (
        "`radius` must be at most 1 (pixels are in [0, 1]), got 8. Did you mean 8/255?"
    )
