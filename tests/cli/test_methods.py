"""Salience methods as people type them."""

import pytest

from cuelens import salience
from cuelens.cli.methods import NEEDS, method_classes, methods_of
from cuelens.errors import ConfigError
from cuelens.salience import Gradient, Score, SmoothGrad
from cuelens.study.plan.schema import exported

NEEDY = {"PaperSmoothGrad", "ExpectedGradients", "Captum"}


def test_every_exported_method_has_a_name_or_a_reason():
    named = {kind.__name__ for kind, _ in method_classes().values()}
    exports = {kind.__name__ for kind in exported(salience, salience.Salience)}
    assert named | NEEDY == exports
    assert not named & NEEDY
    assert {name.replace("-", "") for name in NEEDS} == {name.lower() for name in NEEDY}


@pytest.mark.parametrize(("name", "needs"), NEEDS.items())
def test_a_method_that_needs_more_than_its_name_is_refused(name, needs):
    with pytest.raises(ConfigError) as error:
        methods_of(f"gradient,{name}")
    assert str(error.value) == (
        f"`--methods` cannot give `{name}` what it needs, {needs}. "
        "Name it in a study file, or in Python."
    )


@pytest.mark.parametrize("name", method_classes())
def test_every_name_gives_its_method_with_settings_that_suit_most(name):
    kind, settings = method_classes()[name]
    found = methods_of(name)
    assert found == {name: kind(**settings)}
    assert name == name.lower()


def test_methods_are_named_in_order_and_once():
    assert list(methods_of(" smoothgrad,gradient, smoothgrad")) == ["smoothgrad", "gradient"]


def test_the_score_and_the_copies_are_given_to_those_that_take_them():
    found = methods_of("gradient,smoothgrad", score=Score.LOGIT, samples=7)
    assert found == {
        "gradient": Gradient(score=Score.LOGIT),
        "smoothgrad": SmoothGrad(samples=7, noise=0.1, score=Score.LOGIT),
    }


def test_a_name_that_is_none_is_refused_with_the_nearest_one():
    names = ", ".join(method_classes())
    with pytest.raises(ConfigError) as error:
        methods_of("gradient,smothgrad")
    assert str(error.value) == (
        f"`--methods` must name {names}, got 'smothgrad'. Did you mean 'smoothgrad'?"
    )
    with pytest.raises(ConfigError) as error:
        methods_of("xyz")
    assert str(error.value) == f"`--methods` must name {names}, got 'xyz'."


def test_no_name_is_refused():
    names = ", ".join(method_classes())
    with pytest.raises(ConfigError) as error:
        methods_of(" , ")
    assert str(error.value) == f"`--methods` must name at least one of {names}, got none."
