"""What every attack promises, checked for every attack that is exported."""

import dataclasses
import inspect
import random

import jaxtyping
import numpy as np
import pytest
import torch

from cuelens import attacks
from cuelens.attacks import (
    APGD,
    FGSM,
    PGD,
    Attack,
    Attacked,
    Restarts,
    Square,
    StAdv,
    TargetedAPGD,
    TargetedFAB,
    paper_evaluation_attack,
)
from cuelens.balls import L2, Ball, Displacement, Linf
from cuelens.errors import ArgumentError, ConfigError, ModelError, RangeError
from cuelens.losses import cross_entropy
from cuelens.randomness import Chance

SMALL = Linf(radius=4 / 255)
ATTACKS: tuple[Attack, ...] = (
    FGSM(ball=SMALL),
    FGSM(ball=L2(radius=0.5), random_start=True),
    PGD(ball=SMALL, step=1 / 255, steps=5),
    PGD(ball=SMALL, step=1 / 255, steps=5, random_start=False, stop_when_fooled=True),
    PGD(ball=L2(radius=0.5), step=0.2, steps=5),
    PGD(ball=L2(radius=0.5), step=0.2, steps=5, stop_when_fooled=True),
    Restarts(attack=PGD(ball=SMALL, step=2 / 255, steps=2), count=3),
    Restarts(attack=PGD(ball=SMALL, step=2 / 255, steps=2, stop_when_fooled=True), count=2),
    APGD(ball=SMALL, steps=8),
    APGD(ball=SMALL, steps=8, random_start=False, stop_when_fooled=False),
    APGD(ball=L2(radius=0.5), steps=8),
    TargetedAPGD(ball=SMALL, steps=6, targets=2),
    TargetedAPGD(ball=L2(radius=0.5), steps=6, targets=3),
    TargetedFAB(ball=SMALL, steps=6, targets=2),
    TargetedFAB(ball=L2(radius=0.5), steps=6, targets=3),
    Square(ball=SMALL, queries=30),
    Square(ball=L2(radius=0.5), queries=30),
    StAdv(ball=Displacement(radius=0.5), steps=6),
    StAdv(ball=Displacement(radius=1.0), steps=6, stop_when_fooled=False),
)


def stops(attack: Attack) -> bool:
    """Whether an image leaves as soon as it is fooled, so that its loss may rise little."""
    return not isinstance(attack, FGSM) and "stop_when_fooled=False" not in repr(attack)


every_attack = pytest.mark.parametrize("attack", ATTACKS, ids=repr)


def test_every_exported_attack_is_under_contract():
    exported = {name for name in attacks.__all__ if inspect.isclass(getattr(attacks, name))} - {
        "Attack",
        "Attacked",
        "Curve",
        "Suite",
        "WorstCase",
    }
    assert {type(attack).__name__ for attack in ATTACKS} == exported


@every_attack
def test_keeps_the_protocol(attack):
    assert isinstance(attack, Attack)
    assert attack.version >= 1


@every_attack
def test_its_settings_are_all_there_is_to_it(attack):
    assert eval(repr(attack)) == attack  # noqa: S307 - the object is the configuration
    assert dataclasses.replace(attack) == attack
    assert len({attack, dataclasses.replace(attack)}) == 1


@every_attack
def test_refuses_to_be_changed(attack):
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(attack, dataclasses.fields(attack)[0].name, None)


@every_attack
def test_stays_in_range_and_in_ball(attack, network, images, labels, chance):
    images = images.double()
    attacked = attack(network.double(), images, labels, chance=chance)
    assert attacked.images.dtype == attacked.lengths.dtype == torch.float64
    assert attacked.images.amin() >= 0
    assert attacked.images.amax() <= 1
    assert (attacked.lengths <= attack.ball.radius + 1e-12).all()
    if isinstance(attack.ball, Ball):
        assert torch.equal(attacked.lengths, attack.ball.length(attacked.images - images))


@every_attack
def test_float32_leaves_the_ball_by_rounding_at_most(attack, network, images, labels, chance):
    attacked = attack(network, images, labels, chance=chance)
    assert attacked.images.dtype == torch.float32
    assert (attacked.lengths <= attack.ball.radius + 1e-6).all()
    if isinstance(attack.ball, Ball):
        lengths = attack.ball.length(attacked.images.double() - images.double())
        assert (lengths <= attack.ball.radius + 1e-6).all()


@every_attack
def test_raises_the_loss(attack, network, images, labels, chance):
    found = attack(network, images, labels, chance=chance).images
    before, after = (cross_entropy(network(i), labels).mean() for i in (images, found))
    assert after > before + (0.001 if stops(attack) else 0.02)


@every_attack
def test_leaves_its_arguments_alone(attack, network, images, labels, chance):
    network.train()  # the mode is the caller's business, and is kept
    network[3].eval()
    modes = [module.training for module in network.modules()]
    weights = [parameter.clone() for parameter in network.parameters()]
    before = images.clone(), labels.clone()
    found = attack(network, images, labels, chance=chance)
    assert torch.equal(images, before[0])
    assert torch.equal(labels, before[1])
    assert not images.requires_grad
    assert not found.images.requires_grad
    assert [module.training for module in network.modules()] == modes
    assert all(parameter.grad is None for parameter in network.parameters())
    assert all(torch.equal(*pair) for pair in zip(weights, network.parameters(), strict=True))


@every_attack
def test_adds_nothing_to_gradients_that_are_there(attack, network, images, labels, chance):
    for parameter in network.parameters():
        parameter.grad = torch.ones_like(parameter)
    attack(network, images.requires_grad_(), labels, chance=chance)
    assert all((parameter.grad == 1).all() for parameter in network.parameters())
    assert images.grad is None


@every_attack
def test_global_random_state_is_neither_read_nor_moved(
    attack, network, images, labels, chance, monkeypatch
):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)  # beartype draws by chance
    found = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        np.random.seed(seed)  # noqa: NPY002 - the global state is the point
        random.seed(seed)
        before = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()  # noqa: NPY002
        found.append(attack(network, images, labels, chance=chance).images)
        after = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()  # noqa: NPY002
        assert torch.equal(before[0], after[0])
        assert before[1:] == after[1:]
    assert torch.equal(*found)


@every_attack
@pytest.mark.parametrize("size", [1, 7, 64])
def test_an_image_does_not_depend_on_what_shares_its_batch(
    attack, classify, images, labels, chance, size
):
    count = 5 if size == 1 else 16  # alone, a few tell as much
    whole = attack(classify, images, labels, chance=chance)
    order = torch.arange(count - 1, -1, -1)
    for rows in order.split(size):
        part = attack(classify, images[rows], labels[rows], chance=chance.take(rows))
        assert torch.equal(part.images, whole.images[rows])
        assert torch.equal(part.steps, whole.steps[rows])


@every_attack
@pytest.mark.parametrize("size", [1, 7, 64])
def test_its_own_batches_bound_the_memory_and_change_nothing(
    attack, classify, images, labels, chance, size
):
    sizes = []
    if size == 1:  # a few tell as much
        images, labels, chance = images[:5], labels[:5], chance.take(torch.arange(5))

    def watched(batch: torch.Tensor) -> torch.Tensor:
        sizes.append(len(batch))
        return classify(batch)

    whole = attack(classify, images, labels, chance=chance)
    bounded = dataclasses.replace(attack, batch_size=size)
    assert bounded == attack
    found = bounded(watched, images, labels, chance=chance)
    assert max(sizes) <= size
    for name in ("images", "steps", "lengths"):
        assert torch.equal(getattr(found, name), getattr(whole, name))
    for name in ("points", "losses", "lengths"):
        assert torch.equal(getattr(found.curve, name), getattr(whole.curve, name))


@every_attack
def test_refuses_a_batch_of_no_images(attack):
    with pytest.raises(ConfigError) as caught:
        dataclasses.replace(attack, batch_size=0)
    assert str(caught.value) == (
        "`batch_size` must be at least 1, got 0. It bounds the memory and changes no result; 100 "
        "is usual."
    )


@every_attack
def test_its_curve_begins_at_the_start_and_carries_the_last_values_forward(
    attack, classify, images, labels, chance
):
    attacked = attack(classify, images, labels, chance=chance)
    curve, points = attacked.curve, attacked.curve.points.tolist()
    assert points[0] == 0
    assert points == sorted(set(points))
    assert curve.losses.shape == curve.lengths.shape == (16, len(points))
    assert curve.losses.isfinite().all()
    if not isinstance(attack, TargetedFAB):  # which looks for the boundary beyond the ball
        assert (curve.lengths <= attack.ball.radius + 1e-6).all()
    if isinstance(attack, Restarts):
        return  # the runs come one behind the other, each with its own way there
    for row, steps in enumerate(attacked.steps.tolist()):
        after = [place for place, point in enumerate(points) if point >= steps]
        if after:
            assert (curve.lengths[row, after] == attacked.lengths[row]).all()
            assert curve.losses[row, after].unique().numel() == 1
    wrong_at_first = attacked.steps == 0
    if wrong_at_first.any():
        start = cross_entropy(classify(attacked.images), labels)
        torch.testing.assert_close(curve.losses[wrong_at_first, 0], start[wrong_at_first])


@every_attack
def test_refuses_outputs_that_are_not_a_row_of_logits_an_image(
    attack, images, labels, chance, monkeypatch
):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)  # as a user meets it
    for shape in ((16,), (16, 4, 1), (16, 1), (3, 4)):
        with pytest.raises(ModelError) as caught:
            attack(
                lambda batch, shape=shape: batch.sum() * torch.ones(shape), images, labels,
                chance=chance,
            )  # fmt: skip
        assert str(caught.value) == (
            "The classifier must return logits of shape (batch, class), expected (16, 2 or more), "
            f"got {shape}. Give a function that returns one row of logits an image."
        )


@every_attack
def test_works_without_gradients_switched_on(attack, network, images, labels, chance):
    expected = attack(network, images, labels, chance=chance).images
    with torch.no_grad():
        assert torch.equal(attack(network, images, labels, chance=chance).images, expected)


@every_attack
def test_takes_labels_of_any_integer_type(attack, network, images, labels, chance):
    narrow = attack(network, images, labels.to(torch.int32), chance=chance)
    assert torch.equal(narrow.images, attack(network, images, labels, chance=chance).images)


@every_attack
def test_takes_channels_last_images(attack, classify, images, labels, chance):
    images_last = images.to(memory_format=torch.channels_last)
    found = attack(classify, images_last, labels, chance=chance).images
    torch.testing.assert_close(
        found, attack(classify, images, labels, chance=chance).images, rtol=0, atol=1e-6
    )


@every_attack
def test_no_images_give_no_images(attack, network):
    none = Chance(0, ())
    found = attack(
        network, torch.zeros(0, 3, 16, 16), torch.zeros(0, dtype=torch.int64), chance=none
    )
    assert found.images.shape == (0, 3, 16, 16)
    assert found.steps.shape == (0,)


@every_attack
def test_refuses_images_out_of_range(attack, network, images, labels, chance):
    with pytest.raises(RangeError) as caught:
        attack(network, images * 255, labels, chance=chance)
    assert str(caught.value) == (
        "`images` must lie in [0, 1], got [0, 255]. Normalise inside the classifier, not before it."
    )


@every_attack
def test_refuses_a_label_that_the_classifier_does_not_have(attack, network, images, labels, chance):
    labels[3] = 4
    with pytest.raises(RangeError) as caught:
        attack(network, images, labels, chance=chance)
    assert str(caught.value) == (
        "`labels` must be classes from 0 to 3 (the classifier has 4), got 4. "
        "Give the classifier and the labels of one data set."
    )


@every_attack
def test_refuses_a_negative_label(attack, network, images, labels, chance):
    labels[3] = -1
    with pytest.raises(RangeError) as caught:
        attack(network, images, labels, chance=chance)
    assert str(caught.value) == (
        "`labels` must be classes from 0, got -1. Leave out the images that have no label."
    )


@every_attack
@pytest.mark.parametrize("name", ["labels", "chance"])
def test_refuses_arguments_of_other_images(
    attack, network, images, labels, chance, name, monkeypatch
):
    # As a user meets it, without the shape checks of the tests.
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    arguments = {"labels": labels, "chance": chance}
    arguments[name] = {"labels": labels[:7], "chance": chance.take(range(7))}[name]
    with pytest.raises(ConfigError) as caught:
        attack(network, images, arguments["labels"], chance=arguments["chance"])
    assert str(caught.value) == (
        f"`{name}` must have one entry an image, expected 16, got 7. "
        "Cut all arguments to the same images."
    )


@every_attack
def test_refuses_logits_that_are_not_numbers(attack, network, images, labels, chance):
    with pytest.raises(ModelError) as caught:
        attack(lambda batch: network(batch) * float("nan"), images, labels, chance=chance)
    assert str(caught.value) == (
        "The classifier must return finite logits, got infinite or not-a-number ones. "
        "Its weights may have diverged: load an earlier checkpoint, or use float32."
    )


@every_attack
def test_refuses_images_that_are_no_tensor(attack, network, images, labels, chance, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(ArgumentError) as caught:
        attack(network, images.numpy(), labels, chance=chance)
    assert str(caught.value) == (
        "`images` must be a floating-point tensor of shape (batch, channel, height, width), got a "
        "value of type ndarray. `torch.from_numpy` makes tensors of arrays, `/ 255` pixels of "
        "bytes, `image[None]` a batch of one image."
    )


@every_attack
def test_refuses_labels_that_are_no_whole_numbers(
    attack, network, images, labels, chance, monkeypatch
):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(ArgumentError) as caught:
        attack(network, images, labels.float(), chance=chance)
    assert str(caught.value) == (
        "`labels` must be a tensor of whole numbers of shape (batch,), got a torch.float32 tensor "
        "of shape (16,). Give one class an image, such as `torch.tensor([3, 0])`."
    )


@every_attack
def test_refuses_logits_that_are_cut_from_the_images(attack, network, images, labels, chance):
    def cut(batch: torch.Tensor) -> torch.Tensor:
        return network(batch).detach()

    if isinstance(attack, Square):  # which asks for logits alone
        attack(cut, images, labels, chance=chance)
        return
    with pytest.raises(ModelError, match=r"^The classifier must return logits that torch can diff"):
        attack(cut, images, labels, chance=chance)


@every_attack
def test_refuses_several_things_in_one_answer(attack, network, images, labels, chance, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(
        ModelError, match=r"one tensor of shape \(batch, class\), got a tuple of 2\."
    ):
        attack(lambda batch: (network(batch), batch), images, labels, chance=chance)


@pytest.mark.parametrize("ball", [Displacement(radius=1.0), 8 / 255], ids=repr)
@pytest.mark.parametrize(
    "begin",
    [
        lambda ball: FGSM(ball=ball),
        lambda ball: PGD(ball=ball, step=0.1, steps=2),
        lambda ball: APGD(ball=ball),
        lambda ball: TargetedAPGD(ball=ball),
        attacks.quick_suite,
        attacks.strong_suite,
    ],
)
def test_a_ball_that_bounds_no_pixels_is_refused(begin, ball, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(ConfigError) as caught:
        begin(ball)
    assert str(caught.value) == (
        "`ball` must bound changes of pixels, such as Linf(radius=8 / 255) or L2(radius=0.5), got "
        f"{ball!r}. Flows, which a Displacement bounds, are searched by StAdv."
    )


@every_attack
def test_a_wrong_shape_fails(attack, network, images, labels, chance):
    with pytest.raises(jaxtyping.TypeCheckError):
        attack(network, images[0], labels, chance=chance)


@every_attack
def test_a_forward_that_raises_leaves_everything_as_it_was(attack, images, labels, chance):
    def broken(batch: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("no memory")

    before = images.clone()
    with pytest.raises(RuntimeError, match="no memory"):
        attack(broken, images, labels, chance=chance)
    assert torch.equal(images, before)
    assert not images.requires_grad
    assert torch.is_grad_enabled()


@pytest.mark.gpu
@every_attack
def test_works_where_the_images_are(attack, network, images, labels, chance):
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    found = attack(network.cuda(), images.cuda(), labels.cuda(), chance=chance)
    assert isinstance(found, Attacked)
    assert found.images.is_cuda
    assert found.steps.is_cuda


def test_the_papers_attack_is_as_the_paper_says():
    assert paper_evaluation_attack() == PGD(
        ball=Linf(radius=8 / 255),
        step=2 / 255,
        steps=40,
        random_start=False,
        stop_when_fooled=True,
    )
