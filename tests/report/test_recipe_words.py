"""A recipe is said as a person would say it."""

from dataclasses import replace

import pytest

from cuelens import training
from cuelens.attacks import FGSM, PGD
from cuelens.balls import L2, Linf
from cuelens.report.recipe_words import recipe_in_words
from cuelens.study.plan.plan import ModelPlan
from cuelens.training import Alternating, MinMax, Recipe

INNER = PGD(ball=Linf(radius=8 / 255), step=6 / 255, steps=2)
ROBUST = Recipe(objective=MinMax(attack=INNER), epochs=8)


@pytest.mark.parametrize(
    ("recipe", "other", "words"),
    [
        (Recipe(epochs=1), None, "standard, 1 epoch"),
        (ROBUST, None, "min-max, 2 steps, Linf 8/255, 8 epochs"),
        (
            Recipe(objective=MinMax(attack=replace(INNER, ball=L2(radius=0.5)))),
            None,
            "min-max, 2 steps, L2 0.5, 6 epochs",
        ),
        (
            Recipe(objective=Alternating(attack=FGSM(ball=Linf(radius=4 / 255)))),
            None,
            "alternating, 1 step, Linf 4/255, 6 epochs",
        ),
        (Recipe(epochs=4), "robust", "standard, stopped when as accurate as robust"),
        (training.trades(), None, "TRADES, 5 steps, Linf 8/255, 10 epochs"),
        (training.free(), None, "free, 4 steps, Linf 8/255, 4 epochs"),
        (training.stadv(), None, "min-max, 3 steps, Displacement 0.5, 10 epochs"),
        (training.gaussian(), None, "Gaussian noise 0.1, 10 epochs"),
        (
            training.low_pass(cutoff=5.5),
            None,
            "standard behind a low-pass filter, 5.5 cycles per image, 6 epochs",
        ),
        (
            training.low_pass(),
            "robust",
            "standard behind a low-pass filter, as accurate as robust, 6 epochs",
        ),
        (training.stylised(), None, "standard on images of Stylised, 6 epochs"),
        (
            Recipe(from_file="files/start.safetensors"),
            None,
            "standard from start.safetensors, 6 epochs",
        ),
        (
            Recipe(from_file="cuelens://cifar10/standard/0"),
            None,
            "standard from cuelens://cifar10/standard/0, 6 epochs",
        ),
    ],
)
def test_a_recipe_is_said_in_words(recipe, other, words):
    model = ModelPlan(
        name="mine", architecture="small-resnet", recipe=recipe, seed=0, as_accurate_as=other
    )
    assert recipe_in_words(model) == words


def test_a_cutoff_that_is_taken_on_is_said_to_be_anothers():
    model = ModelPlan(
        name="mine",
        architecture="small-resnet",
        recipe=training.low_pass(),
        seed=1,
        as_accurate_as=None,
        cutoff_of="rival",
    )
    assert recipe_in_words(model) == (
        "standard behind a low-pass filter, the cutoff of rival, 6 epochs"
    )
