"""PGD against the textbook's loop, against linear models, and against its own cheaper forms."""

import jaxtyping
import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy as torch_cross_entropy

from cuelens.attacks import FGSM, PGD
from cuelens.balls import L2, Linf
from cuelens.errors import ArgumentError, ConfigError
from cuelens.losses import cross_entropy, margin
from cuelens.randomness import Chance

RADIUS, STEP, STEPS = 8 / 255, 2 / 255, 10


def textbook_linf(network, images, labels, *, radius, step, steps):
    """The loop of Madry et al. as torchattacks and foolbox compute it, operation by operation."""
    adversarial = images.clone().detach()
    for _ in range(steps):
        adversarial.requires_grad = True
        cost = nn.CrossEntropyLoss()(network(adversarial), labels)
        gradient = torch.autograd.grad(cost, adversarial)[0]
        adversarial = adversarial.detach() + step * gradient.sign()
        delta = torch.clamp(adversarial - images, min=-radius, max=radius)
        adversarial = torch.clamp(images + delta, min=0, max=1).detach()
    return adversarial


def textbook_l2(network, images, labels, *, radius, step, steps):
    adversarial = images.clone().detach()
    for _ in range(steps):
        adversarial.requires_grad = True
        cost = nn.CrossEntropyLoss()(network(adversarial), labels)
        gradient = torch.autograd.grad(cost, adversarial)[0]
        norms = torch.norm(gradient.view(len(images), -1), p=2, dim=1)
        adversarial = adversarial.detach() + step * (gradient / norms.view(-1, 1, 1, 1))
        delta = adversarial - images
        delta_norms = torch.norm(delta.view(len(images), -1), p=2, dim=1)
        factor = torch.min(radius / delta_norms, torch.ones_like(delta_norms))
        adversarial = torch.clamp(images + delta * factor.view(-1, 1, 1, 1), min=0, max=1).detach()
    return adversarial


def pgd(ball=None, **settings) -> PGD:
    defaults = {"step": STEP, "steps": STEPS, "random_start": False}
    return PGD(ball=ball or Linf(radius=RADIUS), **(defaults | settings))


def test_linf_is_the_textbook_loop_to_the_last_bit(network, images, labels, chance):
    expected = textbook_linf(network, images, labels, radius=RADIUS, step=STEP, steps=STEPS)
    found = pgd()(network, images, labels, chance=chance).images
    assert float((found - expected).abs().max()) == 0.0
    assert (found - images).abs().max() > 0.9 * RADIUS


def test_l2_is_the_textbook_loop_to_rounding(network, images, labels, chance):
    expected = textbook_l2(network, images, labels, radius=1, step=0.2, steps=STEPS)
    found = pgd(L2(radius=1), step=0.2)(network, images, labels, chance=chance).images
    assert float((found - expected).abs().max()) <= 1.2e-7


def test_l2_takes_no_sign_steps(network, images, labels, chance):
    """The published "PGD-L2" takes steps along the sign, where every pixel moves alike."""
    inner = images * 0.5 + 0.25  # no pixel meets a border
    attack = pgd(L2(radius=1), step=0.2, steps=1)
    change = attack(network, inner, labels, chance=chance).images - inner
    gradient = torch.autograd.grad(
        torch_cross_entropy(network(inner.requires_grad_()), labels), inner
    )[0]
    cosine = torch.cosine_similarity(change.flatten(1), gradient.flatten(1))
    torch.testing.assert_close(cosine, torch.ones(16), rtol=0, atol=1e-5)
    torch.testing.assert_close(change.flatten(1).norm(dim=1), torch.full((16,), 0.2))
    assert change[0].abs().unique().numel() > 100


def test_l2_projection_never_lengthens(network, images, labels, chance):
    """One published projection expands small perturbations onto the sphere."""
    attack = pgd(L2(radius=1), step=0.01, steps=2)
    change = attack(network, images, labels, chance=chance).images - images
    assert (change.flatten(1).norm(dim=1) <= 0.02 + 1e-6).all()


@pytest.fixture
def linear():
    """A linear two-class model in float64, and images whose whole ball stays inside [0, 1]."""
    generator = np.random.Generator(np.random.Philox(key=3))
    weights = torch.from_numpy(generator.normal(size=(2, 3 * 8 * 8)))
    images = torch.from_numpy(generator.uniform(0.4, 0.6, size=(32, 3, 8, 8)))

    def classify(batch: torch.Tensor) -> torch.Tensor:
        return (batch.flatten(1) - 0.5) @ weights.T

    labels = torch.arange(32) % 2
    return classify, weights[0] - weights[1], images, labels, Chance(0, tuple("ab" * 16))


CASES = ((Linf(radius=0.05), 1, 0.02), (L2(radius=0.3), 2, 0.1))


@pytest.mark.parametrize("random_start", [False, True])
@pytest.mark.parametrize(("ball", "order", "step"), CASES, ids=repr)
def test_pgd_reaches_the_worst_margin_of_a_linear_model(linear, ball, order, step, random_start):
    classify, difference, images, labels, chance = linear
    attack = PGD(ball=ball, step=step, steps=60, random_start=random_start)
    found = attack(classify, images, labels, chance=chance).images
    drop = margin(classify(images), labels) - margin(classify(found), labels)
    expected = ball.radius * torch.linalg.vector_norm(difference, ord=order)
    tolerance = 1e-10 if order == 1 or not random_start else 1e-3
    torch.testing.assert_close(drop, expected.expand(32), rtol=tolerance, atol=0)


@pytest.mark.parametrize(("ball", "order", "step"), CASES, ids=repr)
def test_fgsm_reaches_it_in_one_step(linear, ball, order, step):
    classify, difference, images, labels, chance = linear
    found = FGSM(ball=ball)(classify, images, labels, chance=chance).images
    drop = margin(classify(images), labels) - margin(classify(found), labels)
    dual = 1 if order == 1 else 2
    expected = ball.radius * torch.linalg.vector_norm(difference, ord=dual)
    torch.testing.assert_close(drop, expected.expand(32))


@pytest.mark.parametrize(("ball", "order", "step"), CASES, ids=repr)
@pytest.mark.parametrize("stop", [False, True])
def test_robust_accuracy_of_a_linear_model_is_the_share_of_wide_margins(
    linear, ball, order, step, stop
):
    classify, difference, images, labels, chance = linear
    # Right everywhere, by margins of every width.
    steps = torch.linspace(0.001, 0.1, 32, dtype=torch.float64)[:, None] * difference.sign()
    images, labels = 0.5 + steps.view(32, 3, 8, 8), torch.zeros(32, dtype=torch.int64)
    worst = margin(classify(images), labels) - ball.radius * difference.norm(p=order)
    attack = PGD(ball=ball, step=step, steps=20, random_start=False, stop_when_fooled=stop)
    found = attack(classify, images, labels, chance=chance).images
    robust = margin(classify(found), labels) > 0
    assert torch.equal(robust, worst > 0)
    assert 0 < int(robust.sum()) < 32


def test_who_leaves_is_who_the_whole_attack_fools_somewhere(classify, images, labels, chance):
    fooled_at = torch.full((16,), STEPS)
    iterates = {0: images}
    for steps in range(1, STEPS + 1):
        attack = pgd(steps=steps, ball=Linf(radius=2 / 255), step=0.5 / 255)
        iterates[steps] = attack(classify, images, labels, chance=chance).images
    for steps in reversed(range(STEPS)):
        with torch.no_grad():
            fooled_at[margin(classify(iterates[steps]), labels) < 0] = steps
    assert len(fooled_at.unique()) > 2
    attack = pgd(ball=Linf(radius=2 / 255), step=0.5 / 255, stop_when_fooled=True)
    early = attack(classify, images, labels, chance=chance)
    assert torch.equal(early.steps, fooled_at)
    expected = torch.stack([iterates[int(s)][row] for row, s in enumerate(fooled_at)])
    assert torch.equal(early.images, expected)


def test_an_image_that_has_left_is_not_computed_again(network, images, labels, chance):
    sizes = []

    def counting(batch: torch.Tensor) -> torch.Tensor:
        sizes.append(len(batch))
        return network(batch)

    early = pgd(stop_when_fooled=True)(counting, images, labels, chance=chance)
    alive = [int((early.steps >= step).sum()) for step in range(STEPS)]
    assert sizes == [size for size in alive if size]
    assert sizes[0] == 16
    assert sizes[-1] < 16


def test_an_attack_ends_when_every_image_has_left(network, images, labels, chance):
    passes = []

    def wrong(batch: torch.Tensor) -> torch.Tensor:
        passes.append(len(batch))
        return network(batch) * 0 + torch.tensor([0.0, 0, 0, 1])

    found = pgd(stop_when_fooled=True)(wrong, images, labels * 0, chance=chance)
    assert passes == [16]
    assert torch.equal(found.images, images)
    assert torch.equal(found.steps, torch.zeros(16, dtype=torch.int64))


def test_a_tie_is_not_fooled(images, labels, chance):
    def undecided(batch: torch.Tensor) -> torch.Tensor:
        return batch.flatten(1).sum(1, keepdim=True) * torch.zeros(4)

    found = pgd(stop_when_fooled=True)(undecided, images, labels, chance=chance)
    assert torch.equal(found.steps, torch.full((16,), STEPS))


def test_every_step_is_taken_unless_told_to_stop(network, images, labels, chance):
    passes = []

    def counting(batch: torch.Tensor) -> torch.Tensor:
        passes.append(len(batch))
        return network(batch)

    found = pgd()(counting, images, labels, chance=chance)
    assert passes == [16] * STEPS
    assert torch.equal(found.steps, torch.full((16,), STEPS))


def test_more_steps_never_lose_an_image_that_has_left(classify, images, labels, chance):
    before = torch.zeros(16, dtype=torch.bool)
    for steps in range(1, 8):
        attack = pgd(Linf(radius=2 / 255), step=0.5 / 255, steps=steps, stop_when_fooled=True)
        found = attack(classify, images, labels, chance=chance).images
        fooled = margin(classify(found), labels) < 0
        assert (fooled | ~before).all()
        before = fooled


def test_one_step_of_the_radius_is_fgsm(network, images, labels, chance):
    ball = Linf(radius=RADIUS)
    one = pgd(step=RADIUS, steps=1)(network, images, labels, chance=chance)
    sign = FGSM(ball=ball)(network, images, labels, chance=chance)
    assert torch.equal(one.images, sign.images)
    assert torch.equal(one.steps, sign.steps)


def test_a_ball_of_no_radius_returns_the_images(network, images, labels, chance):
    for ball in (Linf(radius=0), L2(radius=0)):
        for attack in (FGSM(ball=ball), pgd(ball, step=0.1, random_start=True)):
            found = attack(network, images, labels, chance=chance).images
            torch.testing.assert_close(found, images, rtol=0, atol=1e-7)


def test_a_random_start_is_another_for_each_seed_and_image(network, images, labels, chance):
    attack = pgd(steps=1, step=1e-6, random_start=True)
    first = attack(network, images, labels, chance=chance).images - images
    second = attack(network, images, labels, chance=Chance(6, chance.ids)).images - images
    assert not torch.allclose(first, second, atol=RADIUS / 10)
    assert not torch.allclose(first[0], first[1], atol=RADIUS / 10)


def test_an_image_without_a_gradient_is_left_as_it_is(images, labels, chance):
    def deaf(batch: torch.Tensor) -> torch.Tensor:
        return batch.flatten(1)[:, :4] * 0

    for ball in (Linf(radius=RADIUS), L2(radius=1)):
        found = pgd(ball)(deaf, images, labels, chance=chance).images
        torch.testing.assert_close(found, images, rtol=0, atol=1e-7)


def test_the_loss_rises_with_the_steps(network, images, labels, chance):
    def loss_after(steps: int) -> float:
        found = pgd(steps=steps)(network, images, labels, chance=chance).images
        with torch.no_grad():
            return float(cross_entropy(network(found), labels).mean())

    losses = [loss_after(steps) for steps in (1, 3, 10)]
    assert losses == sorted(losses)
    assert losses[0] < losses[-1]


def test_a_step_of_zero_is_refused():
    """The published robustness test takes steps of `e // 2` = 0 and attacks nothing."""
    with pytest.raises(ConfigError) as caught:
        PGD(ball=Linf(radius=1 / 255), step=(1 // 2) / 255, steps=7)
    assert str(caught.value) == (
        "`step` must be a positive finite number, got 0.0. "
        "In pixel units a quarter of the radius is usual, such as 2/255 for 8/255."
    )


def test_a_step_in_grey_levels_is_refused_with_a_hint():
    with pytest.raises(ConfigError) as caught:
        PGD(ball=Linf(radius=8 / 255), step=2, steps=7)
    assert str(caught.value) == (
        "`step` must be at most 1 (pixels are in [0, 1]), got 2. Did you mean 2/255?"
    )


def test_no_steps_are_refused():
    with pytest.raises(ConfigError) as caught:
        pgd(steps=0)
    assert str(caught.value) == (
        "`steps` must be at least 1, got 0. Usual are 7 in training and 20 or more in evaluation."
    )


def test_a_radius_in_grey_levels_is_refused_with_a_hint():
    with pytest.raises(ConfigError) as caught:
        PGD(ball=Linf(radius=8), step=2 / 255, steps=7)
    assert str(caught.value) == (
        "`radius` must be at most 1 (pixels are in [0, 1]), got 8. Did you mean 8/255?"
    )


def test_a_step_written_as_text_is_refused(monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(ArgumentError) as caught:
        PGD(ball=Linf(radius=RADIUS), step="2/255", steps=STEPS)
    assert str(caught.value) == (
        "`step` must be a number, got '2/255'. In Python a fraction is written without quotes, "
        "such as 8 / 255."
    )
