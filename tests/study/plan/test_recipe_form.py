"""A study file names a recipe, states settings, or both."""

import pytest
from pydantic import ValidationError

from cuelens import training
from cuelens.errors import ConfigError
from cuelens.study.plan.recipe_form import RECIPES, RecipeForm, recipe_of
from cuelens.training import Recipe


def read(content) -> Recipe:
    return recipe_of(RecipeForm.model_validate(content))


def test_nothing_is_the_default_recipe():
    assert read({}) == Recipe()


def test_settings_are_those_of_a_recipe():
    assert read({"epochs": 3, "cutoff": 5}) == Recipe(epochs=3, cutoff=5.0)


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_is_known_by_its_name(name):
    assert read({name: None}) == read({name: {}}) == getattr(training, name)()
    assert read({name: {"epochs": 2}}).epochs == 2


def test_arguments_of_a_recipe_may_be_fractions():
    assert read({"pgd_linf": {"radius": "4/255"}}) == training.pgd_linf(radius=4 / 255)
    assert read({"underfit": {"stop_at_accuracy": "3/4"}}).stop_at_accuracy == 0.75


def test_settings_beside_a_name_replace_its_own():
    schedule = {"Constant": {"rate": 0.1}}
    found = read({"trades": {"beta": 3, "epochs": 4}, "epochs": 5, "schedule": schedule})
    assert found.objective == training.trades(beta=3.0).objective
    assert found.epochs == 5
    assert found.schedule == training.Constant(rate=0.1)
    assert found.batch_size == 128


def test_two_names_are_refused():
    with pytest.raises(ConfigError) as caught:
        read({"trades": None, "fgsm": None})
    assert str(caught.value) == (
        "At most one recipe can be named, got fgsm, trades. Keep one; settings such as `epochs` "
        "may stand beside it."
    )


def test_an_argument_outside_its_range_is_refused():
    with pytest.raises(ConfigError, match="Did you mean 8/255"):
        read({"fgsm": {"radius": 8}})


def test_an_unknown_argument_is_refused():
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        read({"fgsm": {"beta": 6}})


def test_every_exported_function_that_returns_a_recipe_has_a_name_in_files():
    functions = {
        name
        for name in training.__all__
        if callable(getattr(training, name))
        and getattr(getattr(training, name), "__annotations__", {}).get("return") is Recipe
    }
    assert functions == set(RECIPES)
