"""The peer is a real min-max training: a slow or broken one would flatter us."""

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from bench.peers.plain_loop import pgd, train_steps

LABELS = torch.arange(12) % 3


def network(classes: int = 3) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(48, classes))


def images() -> torch.Tensor:
    return torch.rand(12, 3, 4, 4, generator=torch.Generator().manual_seed(1))


def test_its_attack_finds_the_best_of_a_linear_model_inside_the_ball():
    model, clean, labels = network(classes=2), images() * 0.6 + 0.2, LABELS % 2
    attacked = pgd(model, clean, labels, radius=0.1, step=0.05, steps=7)
    difference = model[1].weight[1 - labels] - model[1].weight[labels]
    best = clean + 0.1 * difference.sign().reshape(clean.shape)
    torch.testing.assert_close(attacked, best)


def test_its_attack_returns_pixels():
    attacked = pgd(network(), images(), LABELS, radius=0.5, step=0.2, steps=7)
    assert attacked.min() >= 0
    assert attacked.max() <= 1
    assert not attacked.requires_grad


def test_its_training_learns_against_the_attack():
    model, clean = network(), images()
    optimiser = torch.optim.SGD(model.parameters(), lr=0.2, momentum=0.9)
    batches = [(clean, LABELS)] * 60
    losses = list(train_steps(model, optimiser, batches, radius=0.02, step=0.01, steps=3))
    assert len(losses) == 60
    assert losses[-1] < 0.7 * losses[0]
    attacked = pgd(model, clean, LABELS, radius=0.02, step=0.01, steps=3)
    assert cross_entropy(model(attacked), LABELS) < losses[0]
