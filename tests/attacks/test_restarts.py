"""Restarts keep the worst of each image, and only that."""

import pytest
import torch

from cuelens.attacks import FGSM, PGD, Restarts
from cuelens.balls import Linf
from cuelens.errors import ConfigError
from cuelens.losses import cross_entropy, margin

BALL = Linf(radius=2 / 255)
ONE = PGD(ball=BALL, step=1 / 255, steps=1)


def restarts(count: int, attack: FGSM | PGD = ONE) -> Restarts:
    return Restarts(attack=attack, count=count)


def test_one_run_is_the_attack_itself(network, images, labels, chance):
    alone = ONE(network, images, labels, chance=chance)
    once = restarts(1)(network, images, labels, chance=chance)
    assert torch.equal(once.images, alone.images)
    assert torch.equal(once.steps, alone.steps)
    assert restarts(1).ball == BALL


def test_more_restarts_are_never_weaker(classify, images, labels, chance):
    fooled, loss = torch.zeros(16, dtype=torch.bool), torch.zeros(16)
    rises = 0
    for count in range(1, 6):
        found = restarts(count)(classify, images, labels, chance=chance).images
        now = margin(classify(found), labels) < 0
        now_loss = cross_entropy(classify(found), labels).detach()
        assert (now | ~fooled).all()
        assert (now_loss >= loss)[~now].all()
        rises += int((now_loss > loss).sum()) if count > 1 else 0
        fooled, loss = now, now_loss
    assert rises > 0


def test_a_later_run_never_overwrites_what_an_earlier_one_found(images, chance):
    """MadryLab's robustness overwrites every image with the last restart's, fooled or not."""
    calls = []
    labels = torch.arange(16) % 4

    def fooled_in_the_first_run_only(batch: torch.Tensor) -> torch.Tensor:
        calls.append(len(batch))
        zeros = batch.flatten(1).sum(1, keepdim=True) * torch.zeros(4)
        logits = zeros + torch.nn.functional.one_hot(torch.arange(len(batch)) % 4, 4)
        if len(calls) == 2:  # the first run's result: its even rows are wrong
            logits[::2] = -logits[::2]
        return logits

    first = ONE(fooled_in_the_first_run_only, images, labels, chance=chance).images
    calls.clear()
    found = restarts(4)(fooled_in_the_first_run_only, images, labels, chance=chance).images
    assert torch.equal(found[::2], first[::2])


def test_a_fooled_image_is_not_attacked_again(network, images, labels, chance):
    sizes = []

    def counting(batch: torch.Tensor) -> torch.Tensor:
        sizes.append(len(batch))
        return network(batch)

    found = restarts(4)(counting, images, labels, chance=chance)
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < sizes[0] == 16
    assert int(found.steps.sum()) == sum(sizes[::2])


def test_it_ends_when_every_image_is_fooled(images, labels, chance):
    calls = []

    def wrong(batch: torch.Tensor) -> torch.Tensor:
        calls.append(len(batch))
        return batch.flatten(1).sum(1, keepdim=True) * torch.zeros(4) + torch.tensor([0.0, 0, 0, 1])

    restarts(9)(wrong, images, labels * 0, chance=chance)
    assert calls == [16, 16]


def test_each_run_begins_elsewhere(classify, images, labels, chance):
    starts = set()

    def noting(batch: torch.Tensor) -> torch.Tensor:
        starts.add(float(batch.detach()[0, 0, 0, 0]))
        return batch.flatten(1).sum(1, keepdim=True) * torch.zeros(4)

    images = images * 0.5 + 0.25
    restarts(5, FGSM(ball=BALL, random_start=True))(noting, images, labels, chance=chance)
    assert len(starts) >= 5


def test_no_runs_are_refused():
    with pytest.raises(ConfigError) as caught:
        restarts(0)
    assert str(caught.value) == "`count` must be at least 1, got 0."


def test_runs_that_would_all_be_the_same_are_refused():
    with pytest.raises(ConfigError) as caught:
        restarts(3, FGSM(ball=BALL))
    assert str(caught.value) == (
        "`attack` must start at random to be begun 3 times, got random_start=False, which finds "
        "the same images each time. Set random_start=True, or count=1."
    )
