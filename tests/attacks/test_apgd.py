"""APGD-CE against the algorithm of its paper, one image at a time, and on linear models."""

from itertools import pairwise

import pytest
import torch
from torch import nn

from cuelens.attacks import APGD, PGD
from cuelens.attacks.auto_step import start_on_boundary
from cuelens.balls import L2, Linf
from cuelens.errors import ConfigError
from cuelens.losses import cross_entropy, margin


def textbook(loss, image, begin, *, radius, steps):
    """Algorithm 1 of Croce & Hein, Linf, for one image, with what the published code adds to it.

    Returns:
        The best iterate and its loss, every iterate, and the final step length.
    """

    def gradient_at(point):
        point = point.detach().requires_grad_()
        value = loss(point)
        return float(value.detach()), torch.autograd.grad(value, point)[0]

    def inside(point):
        return torch.clamp(torch.min(torch.max(point, image - radius), image + radius), 0, 1)

    window, shortest, shrink = (max(int(share * steps), 1) for share in (0.22, 0.06, 0.03))
    eta, since = torch.tensor(2 * radius), 0
    current = previous = best = begin
    value, gradient = gradient_at(current)
    best_value, best_gradient, value_at_check, halved = value, gradient, value, True
    values, iterates = [0.0], [begin]  # the published code's first comparison is with zero
    for step in range(steps):
        ahead = inside(current + eta * gradient.sign())
        share = 0.75 if step else 1.0
        move = current - previous
        previous = current
        current = inside(current + (ahead - current) * share + move * (1 - share))
        value, gradient = gradient_at(current)
        iterates.append(current)
        values.append(value)
        if value > best_value:
            best, best_value, best_gradient = current, value, gradient
        since += 1
        if since == window:
            last = values[-window - 1 :]
            rises = sum(after > before for before, after in pairwise(last))
            stuck = rises <= 0.75 * window
            halve = stuck or (not halved and value_at_check >= best_value)
            halved, value_at_check = halve, best_value
            if halve:
                eta, current, gradient = eta / 2, best, best_gradient
            since, window = 0, max(window - shrink, shortest)
    return best, iterates, float(eta)


@pytest.mark.parametrize("steps", [1, 5, 50])
@pytest.mark.parametrize("radius", [1 / 255, 8 / 255])
def test_it_is_the_papers_algorithm_to_the_last_bit(
    classify, images, labels, chance, steps, radius
):
    ball = Linf(radius=radius)
    attack = APGD(ball=ball, steps=steps, stop_when_fooled=False)
    found = attack(classify, images, labels, chance=chance).images
    begin = start_on_boundary(ball, images, chance=chance)
    robust = 0
    for row in range(16):
        one, label = images[row : row + 1], labels[row : row + 1]

        def loss(point, label=label):
            return cross_entropy(classify(point), label).sum()

        best, iterates, eta = textbook(loss, one, begin[row : row + 1], radius=radius, steps=steps)
        wrong = [p for p in iterates if float(margin(classify(p).detach(), label)) < 0]
        robust += not wrong
        expected = wrong[-1] if wrong else best
        assert float((found[row : row + 1] - expected).abs().max()) == 0.0
        assert eta < 2 * radius or steps < 30  # the step did shorten where there was time
    assert 0 < robust < 16 or radius > 1 / 255


def test_leaving_early_changes_no_verdict(classify, images, labels, chance):
    every = APGD(ball=Linf(radius=2 / 255), steps=30, stop_when_fooled=False)
    early = APGD(ball=Linf(radius=2 / 255), steps=30)
    whole = every(classify, images, labels, chance=chance)
    left = early(classify, images, labels, chance=chance)
    wrong = [margin(classify(run.images), labels) < 0 for run in (whole, left)]
    assert torch.equal(*wrong)
    assert 2 < int(wrong[0].sum()) < 16
    assert (left.steps[wrong[1]] < 30).any()
    assert torch.equal(left.images[~wrong[1]], whole.images[~wrong[0]])
    assert (whole.steps == 30).all()


def test_the_start_is_on_the_boundary_of_the_ball(images, chance):
    inner = images * 0.5 + 0.25
    for ball in (Linf(radius=0.03), L2(radius=0.7)):
        begin = start_on_boundary(ball, inner, chance=chance)
        torch.testing.assert_close(ball.length(begin - inner), torch.full((16,), ball.radius))
        again = start_on_boundary(ball, inner, chance=chance.again(1))
        assert not torch.equal(begin, again)


@pytest.mark.parametrize("ball", [Linf(radius=0.03), L2(radius=0.8)])
def test_on_a_linear_model_it_reaches_the_worst_margin(images, chance, ball):
    """The worst drop of w.x is radius times the dual norm of w; no pixel meets a border here."""
    inner = (images * 0.2 + 0.4).double()
    layer = nn.Linear(3 * 16 * 16, 2).double()
    values = torch.linspace(-1, 1, layer.weight.numel()).double().sin().reshape(2, -1)
    layer.weight.data, layer.bias.data = values, torch.tensor([60.0, 0.0]).double()
    network = nn.Sequential(nn.Flatten(), layer)
    labels = torch.zeros(16, dtype=torch.int64)
    before = margin(network(inner), labels)
    attack = APGD(ball=ball, steps=60, stop_when_fooled=False)
    after = margin(network(attack(network, inner, labels, chance=chance).images), labels)
    direction = values[0] - values[1]
    dual = direction.abs().sum() if isinstance(ball, Linf) else direction.norm()
    torch.testing.assert_close(before - after, torch.full_like(before, ball.radius * dual))


def test_it_is_stronger_than_pgd_of_as_many_steps(network, images, labels, chance):
    ball = Linf(radius=4 / 255)
    apgd = APGD(ball=ball, steps=20, stop_when_fooled=False)
    pgd = PGD(ball=ball, step=ball.radius / 4, steps=20)
    margins = [
        margin(network(attack(network, images, labels, chance=chance).images), labels)
        for attack in (apgd, pgd)
    ]
    assert (margins[0] < 0).sum() >= (margins[1] < 0).sum()


def test_a_radius_of_zero_changes_nothing(network, images, labels, chance):
    for ball in (Linf(radius=0.0), L2(radius=0.0)):
        found = APGD(ball=ball, steps=3)(network, images, labels, chance=chance).images
        assert torch.equal(found, images)


def test_no_steps_are_refused():
    with pytest.raises(ConfigError) as caught:
        APGD(ball=Linf(radius=0.1), steps=0)
    assert str(caught.value) == "`steps` must be at least 1, got 0. Usual are 100."
