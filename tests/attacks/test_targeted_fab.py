"""FAB-T against linear models, whose boundary is known, and against the published steps."""

import jaxtyping
import numpy as np
import pytest
import torch
from scipy.optimize import brentq

from cuelens.attacks import TargetedFAB
from cuelens.balls import L2, Displacement, Linf
from cuelens.errors import ConfigError
from cuelens.losses import margin
from cuelens.randomness import Chance

OUT_OF_REACH = 1e-9
"""A radius at which no image is ever done, so that every step is taken."""


def random(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=seed))


def chance_of(images) -> Chance:
    return Chance(0, tuple(str(row) for row in range(len(images))))


def linear_model(classes: int, *, low: float, high: float):
    """Return a linear model in float64, 40 images with pixels between two values, and labels."""
    numbers = random(3)
    weights = torch.from_numpy(numbers.normal(size=(classes, 3 * 8 * 8)))
    images = torch.from_numpy(numbers.uniform(low, high, size=(40, 3, 8, 8)))

    def classify(batch: torch.Tensor) -> torch.Tensor:
        return (batch.flatten(1) - 0.5) @ weights.T

    return classify, weights, images, classify(images).argmax(1)


def gaps_and_differences(classify, weights, images, labels):
    """Return, for each image and other class, by how much it loses, and the weights of that."""
    others = torch.stack(
        [torch.arange(len(weights))[torch.arange(len(weights)) != y] for y in labels]
    )
    differences = weights[labels][:, None] - weights[others]
    logits = classify(images)
    return logits.gather(1, labels[:, None]) - logits.gather(1, others), differences


@pytest.mark.parametrize("classes", [2, 3, 5])
@pytest.mark.parametrize(("kind", "order"), [(Linf, 1), (L2, 2)])
def test_an_image_of_a_linear_model_falls_where_its_boundary_is_within_the_radius(
    classes, kind, order
):
    classify, weights, images, labels = linear_model(classes, low=0.45, high=0.55)
    gaps, differences = gaps_and_differences(classify, weights, images, labels)
    distances = (gaps / torch.linalg.vector_norm(differences, ord=order, dim=2)).amin(1)
    radius = float(distances.sort().values[18:20].mean())
    assert distances.amax() < 0.4  # so that no pixel meets a border
    attack = TargetedFAB(ball=kind(radius=radius), steps=10)
    found = attack(classify, images, labels, chance=chance_of(images))
    assert torch.equal(margin(classify(found.images), labels) < 0, distances < radius)


def test_the_border_of_the_box_is_part_of_the_distance():
    classify, weights, images, labels = linear_model(4, low=-0.05, high=1.05)
    images = images.clamp(0, 1)
    labels = classify(images).argmax(1)
    gaps, differences = gaps_and_differences(classify, weights, images, labels)
    ways = -differences.sign()
    pixels = images.flatten(1)[:, None]
    room = torch.where(ways > 0, 1 - pixels, pixels)
    margins = torch.stack(
        [
            (gaps - (differences.abs() * room.clamp_max(radius)).sum(2)).amin(1)
            for radius in (0.01, 0.02, 0.05, 0.1)
        ]
    )
    for radius, worst in zip((0.01, 0.02, 0.05, 0.1), margins, strict=True):
        attack = TargetedFAB(ball=Linf(radius=radius), steps=10)
        found = attack(classify, images, labels, chance=chance_of(images)).images
        assert torch.equal(margin(classify(found), labels) < 0, worst < 0)
    assert len({int((worst < 0).sum()) for worst in margins}) > 2


def textbook_move(point, normal, rise, *, order):
    """Return the shortest move inside the box onto a hyperplane, for one image, by bisection."""
    way = np.sign(rise) * (np.sign(normal) if order == np.inf else normal)

    def move(level: float) -> np.ndarray:
        return (point + level * way).clip(0, 1) - point

    highest = 1.0
    while abs(normal @ move(highest)) < abs(rise):
        highest *= 2
        assert highest < 1e12
    return move(brentq(lambda level: normal @ move(level) - rise, 0, highest, xtol=1e-16))


def textbook_fab(network, image, label, target, *, order, steps, alpha_max, eta, beta):
    """Return where algorithm 1 goes from one image, linearised where each step ended."""
    start = image.numpy().ravel()
    at, points = start, []
    for _ in range(steps):
        points.append(at)
        leaf = torch.from_numpy(at).view(1, *image.shape).requires_grad_()
        logits = network(leaf)[0]
        gap = logits[target] - logits[label]
        normal = torch.autograd.grad(gap, leaf)[0].numpy().ravel()
        wrong = int(logits.argmax()) != label
        begin = start + beta * (at - start) if wrong else at
        ends, lengths = [], []
        for point in (begin, start):
            move = textbook_move(point, normal, -gap.item() - normal @ (point - at), order=order)
            ends.append(point + eta * move)
            lengths.append(np.linalg.norm(move, ord=order))
        share = min(lengths[0] / sum(lengths), alpha_max)
        at = ((1 - share) * ends[0] + share * ends[1]).clip(0, 1)
    return np.stack([*points, at])


class Watched:
    """A network that keeps what it was shown: the images, each point, and the points pulled in."""

    def __init__(self, network) -> None:
        self._network = network
        self.seen: list[torch.Tensor] = []

    def __call__(self, batch: torch.Tensor) -> torch.Tensor:
        self.seen.append(batch.detach().clone())
        return self._network(batch)


@pytest.mark.parametrize(
    "settings",
    [
        {"alpha_max": 0.1, "eta": 1.05, "beta": 0.9},
        {"alpha_max": 0.02, "eta": 1.3, "beta": 0.5},
    ],
    ids=["published", "others"],
)
@pytest.mark.parametrize(("kind", "order"), [(Linf, np.inf), (L2, 2)])
def test_it_goes_where_the_textbook_goes(network, images, labels, chance, kind, order, settings):
    images, rows, watched = images.double(), [2, 5, 8, 11], Watched(network.double())
    attack = TargetedFAB(ball=kind(radius=OUT_OF_REACH), steps=6, targets=1, **settings)
    attack(watched, images[rows], labels[rows], chance=chance.take(rows))
    ranking, *points, _ = watched.seen
    assert torch.equal(ranking, images[rows])
    assert len(points) == 7
    with torch.no_grad():
        targets = network(images[rows]).argsort(1)[:, -2]
    for place, row in enumerate(rows):
        label, target = int(labels[row]), int(targets[place])
        expected = textbook_fab(
            network, images[row], label, target, order=order, steps=6, **settings
        )
        found = torch.stack([point[place].flatten() for point in points]).numpy()
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


def test_the_nearest_point_that_fools_is_pulled_into_the_ball(network, images, labels, chance):
    images, ball = images[2:].double(), L2(radius=OUT_OF_REACH)
    watched = Watched(network.double())
    attack = TargetedFAB(ball=ball, steps=6, targets=1)
    attack(watched, images, labels[2:], chance=chance.take(range(2, 16)))
    points, pulled = torch.stack(watched.seen[1:-1]), watched.seen[-1]
    with torch.no_grad():
        wrong = torch.stack([margin(network(point), labels[2:]) < 0 for point in points])
    lengths = torch.stack([ball.length(point - images) for point in points])
    nearest = torch.where(wrong, lengths, torch.inf).argmin(0)
    assert (nearest < 6).any()
    assert wrong.any(0).all()
    expected = ball.steepest(points[nearest, torch.arange(14)] - images)
    torch.testing.assert_close((pulled - images) / OUT_OF_REACH, expected, rtol=0, atol=1e-6)


def test_a_larger_radius_loses_no_image_that_a_smaller_one_fools(network, images, labels, chance):
    fooled, before = [], torch.zeros(16, dtype=torch.bool)
    for radius in (1e-4, 1e-3, 4e-3, 1.6e-2, 6.4e-2):
        attack = TargetedFAB(ball=Linf(radius=radius), steps=6, targets=3)
        found = attack(network, images, labels, chance=chance).images
        with torch.no_grad():
            now = margin(network(found), labels) < 0
        assert (now | ~before).all()
        fooled.append(int(now.sum()))
        before = now
    assert fooled[0] < fooled[2] < fooled[-1] == 16


def test_an_image_leaves_where_it_is_fooled_inside_the_ball(network, images, labels, chance):
    sizes = []

    def counting(batch: torch.Tensor) -> torch.Tensor:
        sizes.append(len(batch))
        return network(batch)

    attack = TargetedFAB(ball=Linf(radius=8 / 255), steps=10, targets=1)
    found = attack(counting, images, labels, chance=chance)
    with torch.no_grad():
        fooled = margin(network(found.images), labels) < 0
    alive = [int((found.steps >= step).sum()) for step in range(11)]
    left = [size for size in alive if size]
    assert sizes[: len(left) + 1] == [16, *left]  # one pass that ranks, then one a step
    assert fooled[found.steps < 10].all()
    assert 16 > alive[2] > 0


def test_an_image_that_is_wrong_already_takes_no_step(network, images, labels, chance):
    found = TargetedFAB(ball=L2(radius=1), steps=3)(network, images, labels, chance=chance)
    assert found.steps[:2].tolist() == [0, 0]
    assert torch.equal(found.images[:2], images[:2])
    assert (found.steps[2:] > 0).all()


def test_who_is_not_fooled_comes_back_on_the_way_to_the_boundary(network, images, labels, chance):
    ball = L2(radius=1e-3)
    found = TargetedFAB(ball=ball, steps=5)(network, images, labels, chance=chance)
    with torch.no_grad():
        before, after = (margin(network(batch), labels) for batch in (images, found.images))
    robust = after >= 0
    assert robust.any()
    assert (after[robust] < before[robust]).all()
    torch.testing.assert_close(
        found.lengths[robust], torch.full_like(found.lengths[robust], 1e-3), rtol=1e-3, atol=0
    )
    assert found.steps.amax() == 3 * 5  # one search for each of three other classes


@pytest.mark.parametrize("rows", [1, 2])
def test_few_images_go_where_many_go(classify, images, labels, chance, rows):
    """A single image shares its memory with its points; no step may overwrite another."""
    attack = TargetedFAB(ball=Linf(radius=OUT_OF_REACH), steps=5, targets=1)
    seen: dict[str, list[torch.Tensor]] = {"few": [], "many": []}

    def watched(name: str):
        def classify_and_note(batch: torch.Tensor) -> torch.Tensor:
            seen[name].append(batch.detach()[:rows].clone())
            return classify(batch)

        return classify_and_note

    attack(watched("many"), images[2:], labels[2:], chance=chance.take(range(2, 16)))
    few = slice(2, 2 + rows)
    attack(watched("few"), images[few], labels[few], chance=chance.take(range(2, 2 + rows)))
    assert len(seen["few"]) == len(seen["many"]) == 8
    assert all(torch.equal(*pair) for pair in zip(seen["few"], seen["many"], strict=True))


def test_nothing_is_drawn_by_chance(network, images, labels, chance):
    attack = TargetedFAB(ball=Linf(radius=4 / 255), steps=4, targets=2)
    found = attack(network, images, labels, chance=chance).images
    again = attack(network, images, labels, chance=Chance(99, chance.ids[::-1])).images
    assert torch.equal(found, again)


@pytest.mark.parametrize("ball", [Linf(radius=0.1), L2(radius=1)], ids=repr)
def test_an_image_without_a_gradient_is_left_as_it_is(images, labels, chance, ball):
    def deaf(batch: torch.Tensor) -> torch.Tensor:
        return batch.flatten(1)[:, :4] * 0 - torch.arange(4.0)

    found = TargetedFAB(ball=ball, steps=3)(deaf, images, labels * 0, chance=chance)
    assert torch.equal(found.images, images)
    assert torch.equal(found.steps, torch.full((16,), 9))


@pytest.mark.parametrize("ball", [Linf(radius=0), L2(radius=0)], ids=repr)
def test_a_ball_of_no_radius_returns_the_images(network, images, labels, chance, ball):
    found = TargetedFAB(ball=ball, steps=3)(network, images, labels, chance=chance).images
    torch.testing.assert_close(found, images, rtol=0, atol=1e-7)


@pytest.mark.parametrize("ball", [Linf(radius=3e-3), L2(radius=3e-2)], ids=repr)
def test_in_float64_every_image_is_inside_the_ball(network, images, labels, chance, ball):
    network, images = network.double(), images.double()
    found = TargetedFAB(ball=ball, steps=6)(network, images, labels, chance=chance)
    assert found.images.dtype == torch.float64
    assert (ball.length(found.images - images) <= ball.radius + 1e-12).all()
    assert found.images.amin() >= 0
    assert found.images.amax() <= 1


def test_the_settings_are_the_published_ones():
    attack = TargetedFAB(ball=Linf(radius=8 / 255))
    settings = attack.steps, attack.targets, attack.alpha_max, attack.eta, attack.beta
    assert settings == (100, 9, 0.1, 1.05, 0.9)


MESSAGES = {
    "steps": (0, "`steps` must be at least 1, got 0. Usual are 100."),
    "targets": (0, "`targets` must be at least 1, got 0. Usual are 9."),
    "alpha_max": (1.5, "`alpha_max` must be in [0, 1], got 1.5. Usual is 0.1."),
    "eta": (0.9, "`eta` must be a finite number of at least 1, got 0.9. Usual is 1.05."),
    "beta": (0.0, "`beta` must be above 0 and at most 1, got 0.0. Usual is 0.9."),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_bad_setting_is_refused(name):
    value, message = MESSAGES[name]
    with pytest.raises(ConfigError) as caught:
        TargetedFAB(ball=Linf(radius=8 / 255), **{name: value})
    assert str(caught.value) == message


@pytest.mark.parametrize("name", ["alpha_max", "eta", "beta"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0])
def test_a_setting_that_is_no_number_in_range_is_refused(name, value):
    with pytest.raises(ConfigError, match=f"^`{name}` must be "):
        TargetedFAB(ball=Linf(radius=8 / 255), **{name: value})


def test_another_ball_is_refused(monkeypatch):
    # As a user meets it, without the type checks of the tests.
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(ConfigError) as caught:
        TargetedFAB(ball=Displacement(radius=1))
    assert str(caught.value) == (
        "`ball` must be Linf or L2, got Displacement. "
        "The nearest point of a hyperplane is known for these two."
    )
