"""What every objective promises: one finite number with a graph, and nothing else is changed."""

from dataclasses import replace

import pytest
import torch

from cuelens.attacks import PGD, StAdv
from cuelens.balls import L2, Displacement, Linf
from cuelens.networks import Classifier
from cuelens.randomness import Chance
from cuelens.sources import build_network
from cuelens.training import TRADES, Alternating, Free, Lesson, MinMax, Noisy, Objective, Standard

LINF = Linf(radius=0.1)
PGD_2 = PGD(ball=LINF, step=0.05, steps=2)
FLOWS = StAdv(ball=Displacement(radius=0.5), steps=2, stop_when_fooled=False)
OBJECTIVES = {
    "standard": Standard(),
    "min-max": MinMax(attack=PGD_2),
    "stadv": MinMax(attack=FLOWS),
    "alternating": Alternating(attack=PGD_2),
    "trades": TRADES(ball=LINF, step=0.05, steps=2),
    "trades-l2": TRADES(ball=L2(radius=0.5), step=0.2, steps=2),
    "free": Free(ball=LINF),
    "noisy": Noisy(deviation=0.1),
}
every_objective = pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=OBJECTIVES)


def lesson() -> Lesson:
    chance = Chance(0, tuple("abcd"))
    images = 0.2 + 0.6 * chance.uniform((3, 8, 8), method="test")
    return Lesson(images=images, labels=torch.arange(4) % 3, chance=chance)


@pytest.fixture
def classifier() -> Classifier:
    network = build_network("small-resnet", classes=3, seed=0)
    return Classifier(network.eval(), class_names=("a", "b", "c"))


@every_objective
def test_every_objective_says_what_it_trains_against(objective):
    assert isinstance(objective, Objective)
    balls = {Standard: None, Noisy: None}
    if type(objective) in balls:
        assert objective.ball is None
    else:
        own = objective.attack.ball if hasattr(objective, "attack") else objective.__class__.ball
        assert objective.ball.radius > 0
        assert own is not None


@every_objective
def test_the_loss_is_one_number_whose_gradient_reaches_every_parameter(objective, classifier):
    loss = objective(classifier, classifier, lesson())
    assert loss.shape == ()
    assert loss.isfinite()
    loss.backward()
    assert all(p.grad is not None and p.grad.any() for p in classifier.network.parameters())


@every_objective
def test_the_same_lesson_gives_the_same_loss(objective, classifier):
    one, two = (objective(classifier, classifier, lesson()) for _ in range(2))
    assert torch.equal(one, two)


@every_objective
def test_images_and_labels_are_left_as_they_were(objective, classifier):
    given, kept = lesson(), lesson()
    objective(classifier, classifier, given).backward()
    assert torch.equal(given.images, kept.images)
    assert torch.equal(given.labels, kept.labels)
    assert not given.images.requires_grad


@every_objective
def test_only_free_training_carries_something_on(objective, classifier):
    given = lesson()
    objective(classifier, classifier, given).backward()
    assert (given.carried is not None) == isinstance(objective, Free)


def test_standard_training_takes_the_loss_on_the_images_as_they_are(classifier):
    for step in range(3):
        given = replace(lesson(), step=step, epochs_done=9.0)
        expected = torch.nn.functional.cross_entropy(classifier(given.images), given.labels)
        assert torch.equal(Standard()(classifier, classifier, given), expected)
