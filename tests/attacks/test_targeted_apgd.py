"""APGD-T: the published loss, the order of the targets, and what few classes change."""

import pytest
import torch
from torch import nn

from cuelens.attacks import TargetedAPGD
from cuelens.attacks.auto_step import auto_climb, start_on_boundary
from cuelens.attacks.curves import CurveRecorder
from cuelens.balls import Linf
from cuelens.errors import ConfigError, FallbackWarning
from cuelens.losses import margin, targeted_dlr, targeted_margin

BALL = Linf(radius=2 / 255)


def linear(classes: int) -> nn.Module:
    layer = nn.Linear(3 * 16 * 16, classes)
    layer.weight.data = torch.linspace(0, 400, classes * 768).sin().reshape(classes, 768) / 10
    layer.bias.data.zero_()
    return nn.Sequential(nn.Flatten(), layer)


@pytest.mark.parametrize("classes", [2, 3])
def test_few_classes_climb_the_margin_and_say_so(images, chance, classes):
    network = linear(classes)
    labels = network(images).argmax(1)
    with pytest.warns(FallbackWarning, match="targeted DLR") as caught:
        found = TargetedAPGD(ball=BALL, steps=10)(network, images, labels, chance=chance)
    assert str(caught[0].message) == (
        f"The targeted DLR loss needs at least 4 classes, got {classes}. "
        "TargetedAPGD climbs the margin towards its target instead."
    )
    expected = torch.stack(
        [
            (network[1].weight[labels] - network[1].weight[(labels + k) % classes]).abs().sum(1)
            for k in range(1, classes)
        ]
    )
    inner = ((images > 2 / 255) & (images < 1 - 2 / 255)).flatten(1).all(1)
    before, after = (margin(network(batch), labels) for batch in (images, found.images))
    assert ((before - after) <= BALL.radius * expected.amax(0) + 1e-5).all()
    assert (after < before).all()
    assert not inner.any()  # so that the bound above is all that is known


def test_two_hundred_classes_are_attacked_towards_the_nine_nearest(images, chance):
    network = linear(200)
    logits = network(images)
    labels = logits.argmax(1)
    aimed = []

    def watched(batch):
        out = network(batch)
        if torch.is_grad_enabled():
            aimed.append(len(batch))
        return out

    attack = TargetedAPGD(ball=Linf(radius=1e-6), steps=2)  # fools nothing
    found = attack(watched, images, labels, chance=chance)
    assert (margin(network(found.images), labels) > 0).all()
    assert aimed == [16] * 9 * 3
    assert (found.steps == 18).all()
    assert found.curve.points.tolist() == list(range(19))


def test_it_climbs_the_targeted_dlr_loss_of_each_class_in_turn(classify, images, labels, chance):
    """By hand: the second best class first, then the third, for those that survive."""
    attack = TargetedAPGD(ball=BALL, steps=12, targets=2)
    found = attack(classify, images, labels, chance=chance)
    others = classify(images).scatter(1, labels[:, None], float("-inf"))
    ranked = others.argsort(1, descending=True)
    places, expected = torch.arange(16), images.clone()
    for target in range(2):
        classes = ranked[places, target]
        mine, theirs = images[places], labels[places]
        begin = start_on_boundary(BALL, mine, chance=chance.take(places).again(target))
        climbed = auto_climb(
            classify,
            mine,
            theirs,
            ball=BALL,
            loss=lambda logits, rows, t=classes, y=theirs: targeted_dlr(logits, y[rows], t[rows]),
            begin=begin,
            steps=12,
            stop_when_fooled=True,
            record=CurveRecorder(theirs, steps=13),
            places=torch.arange(len(places)),
        )
        changed = climbed.fooled if target else torch.ones_like(climbed.fooled)
        expected[places[changed]] = climbed.images[changed]
        places = places[~climbed.fooled]
    assert torch.equal(found.images, expected)
    assert 0 < len(places) < 16


def test_the_label_is_never_a_target(network, images, chance):
    worst = network(images).argmin(1)  # so that every image is wrong, its label the last class
    found = TargetedAPGD(ball=BALL, steps=3)(network, images, worst, chance=chance)
    assert (found.steps == 0).sum() > 12  # wrong before the first step, whatever the start


def test_the_loss_does_not_change_with_the_scale_of_the_logits(network, images, labels):
    logits = network(images).detach()
    targets = (labels + 1) % 4
    once, ten = (targeted_dlr(scale * logits, labels, targets) for scale in (1, 10))
    torch.testing.assert_close(once, ten)
    largest = logits.sort(1, descending=True).values
    expected = targeted_margin(logits, labels, targets) / (
        largest[:, 0] - (largest[:, 2] + largest[:, 3]) / 2
    )
    torch.testing.assert_close(once, expected)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"steps": 0}, "`steps` must be at least 1, got 0. Usual are 100."),
        ({"targets": 0}, "`targets` must be at least 1, got 0. Usual are 9."),
    ],
)
def test_bad_settings_are_refused(settings, message):
    with pytest.raises(ConfigError) as caught:
        TargetedAPGD(ball=BALL, **settings)
    assert str(caught.value) == message
