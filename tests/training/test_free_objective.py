"""Free training against the published loop, written out."""

import math

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from cuelens.balls import L2, Linf
from cuelens.errors import ConfigError
from cuelens.randomness import Chance, keyed_generator
from cuelens.training import Free, Lesson

RADIUS = 0.1


def network() -> nn.Module:
    made = nn.Sequential(nn.Flatten(), nn.Linear(48, 8), nn.Tanh(), nn.Linear(8, 3))
    generator = keyed_generator(0, "free")
    for parameter in made.parameters():
        drawn = torch.from_numpy(generator.standard_normal(tuple(parameter.shape)))
        parameter.data = drawn.float() / math.sqrt(parameter.shape[-1])
    return made


def batches() -> list[Lesson]:
    found = []
    for batch in range(3):
        chance = Chance(batch, tuple("abcd"))
        images = chance.uniform((3, 4, 4), method="test")
        found.append(Lesson(images=images, labels=torch.arange(4) % 3, chance=chance))
    return found


def published(replays: int) -> tuple[nn.Module, torch.Tensor]:
    """Train with the loop of the paper's code."""
    model, noise = network(), torch.zeros(4, 3, 4, 4)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
    for batch in batches():
        for _ in range(replays):
            noise_batch = noise.clone().requires_grad_()
            inputs = (batch.images + noise_batch).clamp(0, 1)
            loss = cross_entropy(model(inputs), batch.labels)
            optimiser.zero_grad()
            loss.backward()
            noise += RADIUS * noise_batch.grad.sign()
            noise.clamp_(-RADIUS, RADIUS)
            optimiser.step()
    return model, noise


@pytest.mark.parametrize("replays", [1, 3])
def test_weights_and_perturbation_go_the_way_of_the_published_loop(replays):
    expected, noise = published(replays)
    model, carried = network(), None
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
    for batch in batches():
        for _ in range(replays):
            batch.carried = carried
            optimiser.zero_grad()
            Free(ball=Linf(radius=RADIUS))(model, model, batch).backward()
            optimiser.step()
            carried = batch.carried
    assert torch.equal(carried, noise)
    for one, other in zip(model.parameters(), expected.parameters(), strict=True):
        assert torch.equal(one, other)


def test_the_perturbation_stays_in_the_ball():
    (batch, *_), model, ball = batches(), network(), L2(radius=0.5)
    for _ in range(6):
        Free(ball=ball, step=0.4)(model, model, batch).backward()
        assert (ball.length(batch.carried) <= 0.5 + 1e-6).all()
    assert float(ball.length(batch.carried).min()) > 0.4
    assert not batch.carried.requires_grad


@pytest.mark.parametrize("step", [0.0, -1.0, math.inf])
def test_a_step_that_leads_nowhere_is_refused(step):
    with pytest.raises(ConfigError) as caught:
        Free(ball=Linf(radius=RADIUS), step=step)
    assert str(caught.value) == (
        f"`step` must be a positive finite number, got {step}. Leave it out for the radius."
    )
