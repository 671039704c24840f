"""The recipes by name, and settings that are refused."""

import math

import pytest

import cuelens.training as training
from cuelens.attacks import PGD, StAdv
from cuelens.balls import L2, Displacement, Linf
from cuelens.errors import ConfigError
from cuelens.training import (
    TRADES,
    Alternating,
    Constant,
    CropAndFlip,
    Free,
    MinMax,
    Noisy,
    OneCycle,
    OverfittingProbe,
    Recipe,
    Standard,
    pgd_l2,
    pgd_linf,
)
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


def test_the_papers_form_alternates_with_the_same_attack():
    attack = PGD(ball=Linf(radius=8 / 255), step=6 / 255, steps=2)
    expected = Recipe(objective=Alternating(attack=attack, warm_up=1.0), epochs=10)
    assert training.alternating() == expected


@pytest.mark.parametrize("radius", [8 / 255, 16 / 255])
def test_fgsm_is_one_step_of_one_and_a_quarter_radii_from_a_random_start(radius):
    attack = PGD(ball=Linf(radius=radius), step=1.25 * radius, steps=1, random_start=True)
    expected = MinMax(attack=attack, warm_up=1.0)
    recipe = training.fgsm(radius=radius, epochs=3)
    assert recipe == Recipe(objective=expected, epochs=3, probe=OverfittingProbe(fall=1 / 3))


def test_free_training_replays_each_batch():
    expected = Recipe(objective=Free(ball=Linf(radius=8 / 255)), replays=4, epochs=4)
    assert training.free() == expected
    assert training.free(replays=8).replays == 8


def test_trades_crosses_its_ball_twice():
    objective = TRADES(
        ball=Linf(radius=8 / 255), step=2 * (8 / 255) / 5, steps=5, beta=6.0, warm_up=1.0
    )
    assert training.trades() == Recipe(objective=objective, epochs=10)
    assert training.trades(beta=1.0).objective.beta == 1.0


def test_flows_are_the_attack_of_stadv():
    attack = StAdv(ball=Displacement(radius=0.5), steps=3, stop_when_fooled=False)
    assert training.stadv() == Recipe(objective=MinMax(attack=attack, warm_up=1.0), epochs=10)


def test_the_controls_attack_nothing():
    noisy = Recipe(objective=Noisy(deviation=0.1), epochs=10)
    assert training.gaussian() == noisy
    assert training.low_pass(cutoff=5.0) == Recipe(epochs=6, cutoff=5.0)
    slow = Constant(rate=0.01)
    assert training.underfit(stop_at_accuracy=0.7) == Recipe(
        epochs=6, schedule=slow, stop_at_accuracy=0.7
    )


def test_a_recipe_of_the_first_settings_is_named_as_before():
    """Model files and checkpoints are known by this text."""
    assert repr(Recipe(epochs=2)) == (
        "Recipe(objective=Standard(), epochs=2, batch_size=128, schedule=OneCycle(rate=0.2, "
        "rise=0.2), momentum=0.9, weight_decay=0.0005, augmentation=CropAndFlip(padding=4, "
        "flip=True), stop_at_accuracy=None)"
    )


def test_a_later_setting_is_named_where_it_is_not_the_default():
    assert repr(Recipe(cutoff=5.0)).endswith("stop_at_accuracy=None, cutoff=5.0)")
    named = repr(training.fgsm())
    assert named.endswith(f"stop_at_accuracy=None, probe=OverfittingProbe(fall={1 / 3}))")


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
        ({"replays": 0}, "`replays` must be at least 1, got 0."),
        (
            {"cutoff": -1.0},
            (
                "`cutoff` must be a finite number of at least 0 cycles per image, got -1.0. Leave "
                "it out for no filter."
            ),
        ),
    ],
    ids=str,
)
def test_a_setting_outside_its_range_is_refused(setting, message):
    with pytest.raises(ConfigError) as caught:
        Recipe(**setting)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "recipe",
    [
        *(pgd_linf, pgd_l2, training.alternating, training.fgsm),
        *(training.free, training.trades, training.stadv),
    ],
)
def test_an_adversarial_recipe_needs_a_ball(recipe):
    with pytest.raises(ConfigError) as caught:
        recipe(radius=0.0)
    assert str(caught.value) == (
        "`radius` must be positive, got 0. Take the recipe `standard` to train without attacks."
    )


@pytest.mark.parametrize("recipe", [pgd_linf, pgd_l2, training.alternating, training.trades])
def test_an_adversarial_recipe_needs_steps(recipe):
    with pytest.raises(ConfigError) as caught:
        recipe(steps=0)
    assert str(caught.value) == "`steps` must be at least 1, got 0. Usual are 2 to 10."


def test_a_radius_of_eight_is_taken_for_eight_of_255():
    with pytest.raises(ConfigError) as caught:
        pgd_linf(radius=8.0)
    assert str(caught.value) == (
        "`radius` must be at most 1 (pixels are in [0, 1]), got 8. Did you mean 8/255?"
    )
