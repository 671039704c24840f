"""TRADES against its formula, and its inner ascent against the ball."""

import math

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy, kl_div, log_softmax, softmax

from cuelens.balls import L2, Linf
from cuelens.errors import ConfigError
from cuelens.networks import Classifier
from cuelens.randomness import Chance, keyed_generator
from cuelens.training import TRADES, Lesson

CHANCE = Chance(0, tuple("abcdefgh"))
IMAGES = 0.2 + 0.6 * CHANCE.uniform((3, 6, 6), method="test")
LABELS = torch.arange(8) % 3


@pytest.fixture
def classifier() -> Classifier:
    network = nn.Sequential(nn.Flatten(), nn.Linear(108, 16), nn.Tanh(), nn.Linear(16, 3))
    generator = keyed_generator(0, "trades")
    for parameter in network.parameters():
        drawn = torch.from_numpy(generator.standard_normal(tuple(parameter.shape)))
        parameter.data = drawn.float() / math.sqrt(parameter.shape[-1])
    return Classifier(network.eval(), class_names=("a", "b", "c"))


def trained(objective, classifier, **settings):
    """Return the loss and the batches that the network is asked for."""
    seen = []

    def learner(images):
        seen.append(images)
        return classifier(images)

    given = Lesson(images=IMAGES, labels=LABELS, chance=CHANCE, **settings)
    return objective(learner, classifier, given), seen


@pytest.mark.parametrize("ball", [Linf(radius=0.1), L2(radius=0.5)], ids=str)
@pytest.mark.parametrize("beta", [0.0, 1.0, 6.0])
def test_the_loss_is_that_of_the_published_code(classifier, ball, beta):
    objective = TRADES(ball=ball, step=ball.radius / 4, steps=5, beta=beta)
    loss, (clean, attacked) = trained(objective, classifier)
    assert torch.equal(clean, IMAGES)
    robust = kl_div(
        log_softmax(classifier(attacked), 1), softmax(classifier(IMAGES), 1), reduction="batchmean"
    )
    expected = cross_entropy(classifier(IMAGES), LABELS) + beta * robust
    torch.testing.assert_close(loss, expected)


def test_the_gradient_is_that_of_the_published_code(classifier):
    loss, (_, attacked) = trained(TRADES(ball=Linf(radius=0.1), step=0.03, steps=3), classifier)
    clean, moved = classifier(IMAGES), classifier(attacked)
    robust = kl_div(log_softmax(moved, 1), softmax(clean, 1), reduction="batchmean")
    parameters = list(classifier.network.parameters())
    expected = torch.autograd.grad(cross_entropy(clean, LABELS) + 6 * robust, parameters)
    found = torch.autograd.grad(loss, parameters)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("ball", [Linf(radius=0.1), L2(radius=0.5)], ids=str)
def test_the_ascent_stays_in_the_ball_and_moves_every_answer(classifier, ball):
    objective = TRADES(ball=ball, step=ball.radius / 4, steps=8)
    _, (_, attacked) = trained(objective, classifier)
    assert (ball.length(attacked - IMAGES) <= ball.radius * (1 + 1e-5)).all()
    assert attacked.min() >= 0
    assert attacked.max() <= 1
    before, after = (
        kl_div(
            log_softmax(classifier(images), 1), softmax(classifier(IMAGES), 1), reduction="none"
        ).sum(1)
        for images in (IMAGES + 1e-3 * torch.ones_like(IMAGES), attacked)
    )
    assert (after > 5 * before).all()


@pytest.mark.parametrize(("epochs_done", "strength"), [(0.0, 0.0), (0.5, 0.25), (9.0, 1.0)])
def test_the_warm_up_lengthens_the_perturbation_in_step(classifier, epochs_done, strength):
    objective = TRADES(ball=Linf(radius=0.1), step=0.05, steps=4, warm_up=2.0)
    _, (_, attacked) = trained(objective, classifier, epochs_done=epochs_done)
    length = float((attacked - IMAGES).abs().max())
    assert length == pytest.approx(0.1 * strength, abs=1e-6)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        (
            {"step": 0.0},
            "`step` must be a positive finite number, got 0.0. Usual are 10 steps of 2/255.",
        ),
        (
            {"steps": 0},
            "`steps` must be a positive finite number, got 0. Usual are 10 steps of 2/255.",
        ),
        ({"beta": -1.0}, "`beta` must be a finite number of at least 0, got -1.0. Usual is 6."),
        (
            {"warm_up": math.inf},
            "`warm_up` must be a finite number of at least 0 epochs, got inf. Usual is 1.",
        ),
    ],
    ids=str,
)
def test_a_setting_outside_its_range_is_refused(setting, message):
    with pytest.raises(ConfigError) as caught:
        TRADES(**({"ball": Linf(radius=0.1), "step": 0.02} | setting))
    assert str(caught.value) == message
