"""What a step trains on: attacked images of the right strength, at the right time."""

import math

import pytest
import torch
from torch import nn

from cuelens.attacks import FGSM, PGD, StAdv
from cuelens.balls import L2, Displacement, Linf
from cuelens.errors import ConfigError
from cuelens.losses import cross_entropy
from cuelens.networks import Classifier
from cuelens.randomness import Chance, keyed_generator
from cuelens.training import Alternating, Lesson, MinMax

CHANCE = Chance(0, tuple("abcdefgh"))
IMAGES = 0.2 + 0.6 * CHANCE.uniform((3, 6, 6), method="test")
LABELS = torch.arange(8) % 3
LINF = PGD(ball=Linf(radius=0.1), step=0.05, steps=4)
EUCLIDEAN = PGD(ball=L2(radius=0.5), step=0.25, steps=4)
ATTACKS = {
    "pgd-linf": LINF,
    "pgd-l2": EUCLIDEAN,
    "fgsm": FGSM(ball=Linf(radius=0.1)),
    "fgsm-l2": FGSM(ball=L2(radius=0.5), random_start=True),
}
every_attack = pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
both = pytest.mark.parametrize("objective", [MinMax, Alternating])


@pytest.fixture
def classifier() -> Classifier:
    network = nn.Sequential(nn.Flatten(), nn.Linear(108, 3))
    weight = keyed_generator(0, "objectives").standard_normal((3, 108))
    network[1].weight.data = torch.from_numpy(weight).float() / 10
    network[1].bias.data.zero_()
    return Classifier(network.eval(), class_names=("a", "b", "c"))


def lesson(**settings) -> Lesson:
    return Lesson(images=IMAGES, labels=LABELS, chance=CHANCE, **settings)


def chosen(objective, classifier, *, step=0, epochs_done=0.0):
    """Return the images that the network is trained on, once; the loss is that on them."""
    seen = []

    def learner(images):
        seen.append(images)
        return classifier(images)

    loss = objective(learner, classifier, lesson(step=step, epochs_done=epochs_done))
    (images,) = seen
    torch.testing.assert_close(loss, cross_entropy(classifier(images), LABELS).mean())
    return images


@every_attack
def test_min_max_takes_the_images_of_its_attack(classifier, attack):
    expected = attack(classifier, IMAGES, LABELS, chance=CHANCE).images
    assert torch.equal(chosen(MinMax(attack=attack), classifier), expected)


@every_attack
def test_min_max_raises_the_loss_of_every_image(classifier, attack):
    attacked = chosen(MinMax(attack=attack), classifier)
    before = cross_entropy(classifier(IMAGES), LABELS)
    assert (cross_entropy(classifier(attacked), LABELS) > before).all()


@every_attack
@pytest.mark.parametrize(("epochs_done", "strength"), [(0.5, 0.25), (1.0, 0.5), (2.0, 1), (9.0, 1)])
def test_the_warm_up_lengthens_the_perturbation_in_step(classifier, attack, epochs_done, strength):
    objective = MinMax(attack=attack, warm_up=2.0)
    perturbation = chosen(objective, classifier, epochs_done=epochs_done) - IMAGES
    length = attack.ball.length(perturbation)
    assert (length <= strength * attack.ball.radius + 1e-6).all()
    # On a linear model every attack but one random start reaches the border of its ball.
    assert length.max() > 0.9 * strength * attack.ball.radius


def test_the_warm_up_scales_the_step_as_well_as_the_radius(classifier):
    attack = PGD(ball=Linf(radius=0.1), step=0.02, steps=1, random_start=False)
    perturbation = chosen(MinMax(attack=attack, warm_up=4.0), classifier, epochs_done=1.0) - IMAGES
    torch.testing.assert_close(perturbation.abs(), torch.full_like(IMAGES, 0.005))


@both
def test_a_warm_up_begins_with_the_images_as_they_are(classifier, objective):
    assert torch.equal(chosen(objective(attack=LINF, warm_up=1.0), classifier), IMAGES)


@both
def test_without_a_warm_up_the_first_step_is_at_full_strength(classifier, objective):
    expected = LINF(classifier, IMAGES, LABELS, chance=CHANCE).images
    assert torch.equal(chosen(objective(attack=LINF), classifier), expected)


def test_alternating_attacks_every_second_batch(classifier):
    objective = Alternating(attack=LINF)
    attacked = [
        not torch.equal(chosen(objective, classifier, step=step), IMAGES) for step in range(6)
    ]
    assert attacked == [True, False, True, False, True, False]


def test_alternating_warms_up_as_min_max_does(classifier):
    expected = chosen(MinMax(attack=LINF, warm_up=2.0), classifier, epochs_done=0.5)
    out = chosen(Alternating(attack=LINF, warm_up=2.0), classifier, step=4, epochs_done=0.5)
    assert torch.equal(out, expected)


@both
@every_attack
def test_arguments_and_the_network_are_left_as_they_were(classifier, objective, attack):
    images, labels, before = IMAGES.clone(), LABELS.clone(), classifier.fingerprint()
    objective(attack=attack)(classifier, classifier, lesson())
    assert torch.equal(IMAGES, images)
    assert torch.equal(LABELS, labels)
    assert not IMAGES.requires_grad
    assert classifier.fingerprint() == before
    assert all(parameter.grad is None for parameter in classifier.network.parameters())


@both
def test_the_same_chance_gives_the_same_images(classifier, objective):
    one, two = (chosen(objective(attack=EUCLIDEAN), classifier) for _ in range(2))
    assert torch.equal(one, two)


@both
@pytest.mark.parametrize("warm_up", [-1.0, math.inf, math.nan])
def test_a_warm_up_that_never_ends_is_refused(objective, warm_up):
    with pytest.raises(ConfigError) as caught:
        objective(attack=LINF, warm_up=warm_up)
    assert str(caught.value) == (
        f"`warm_up` must be a finite number of at least 0 epochs, got {warm_up}. Usual is 1."
    )


@both
def test_an_attack_that_stops_early_is_refused(objective):
    attack = PGD(ball=Linf(radius=0.1), step=0.05, steps=4, stop_when_fooled=True)
    with pytest.raises(ConfigError) as caught:
        objective(attack=attack)
    assert str(caught.value) == (
        "`attack` must take every step in training, got stop_when_fooled=True, which is for "
        "evaluation. Leave it out."
    )


FLOWS = StAdv(ball=Displacement(radius=0.5), steps=3, stop_when_fooled=False)


def test_min_max_against_flows_takes_the_moved_images(classifier):
    expected = FLOWS(classifier, IMAGES, LABELS, chance=CHANCE).images
    assert torch.equal(chosen(MinMax(attack=FLOWS), classifier), expected)
    assert not torch.equal(expected, IMAGES)


def test_the_warm_up_shortens_flows(classifier):
    shorter = StAdv(ball=Displacement(radius=0.125), steps=3, stop_when_fooled=False)
    expected = shorter(classifier, IMAGES, LABELS, chance=CHANCE).images
    out = chosen(MinMax(attack=FLOWS, warm_up=4.0), classifier, epochs_done=1.0)
    assert torch.equal(out, expected)


def test_flows_that_stop_early_are_refused():
    with pytest.raises(ConfigError) as caught:
        MinMax(attack=StAdv(ball=Displacement(radius=0.5)))
    assert str(caught.value) == (
        "`attack` must take every step in training, got stop_when_fooled=True, which is for "
        "evaluation. Give stop_when_fooled=False."
    )
