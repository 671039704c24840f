"""The Square attack against the published loop, one image at a time, and against linear models."""

import math
from bisect import bisect_left

import jaxtyping
import numpy as np
import pytest
import torch

from cuelens.attacks import square
from cuelens.attacks.square import Square
from cuelens.balls import L2, Displacement, Linf
from cuelens.errors import ConfigError
from cuelens.losses import cross_entropy, margin
from cuelens.randomness import Chance

SMALL = Linf(radius=4 / 255)
BALLS = (SMALL, L2(radius=0.5))
every_ball = pytest.mark.parametrize("ball", BALLS, ids=repr)


def numbers(*shape: int, seed: int) -> torch.Tensor:
    return torch.from_numpy(np.random.Generator(np.random.Philox(key=seed)).random(shape))


def stretch(query: int) -> float:
    """The published schedule of p; its counter begins at 0."""
    return 0.8 / 2 ** bisect_left([10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000], query)


def sign(number: torch.Tensor) -> torch.Tensor:
    return torch.where(number < 0.5, -1.0, 1.0).double()


def place(number: torch.Tensor, room: int) -> int:
    return int(number * room)


def textbook_linf(classify, image, label, chance, *, radius, queries):
    """Algorithms 1 and 2 of the paper: whole images, an image at a time."""
    channels, height, width = image.shape
    stripes = sign(chance.uniform((channels, 1, width), method="square-start")[0])
    best = (image + radius * stripes).clamp(0, 1)
    lowest = margin(classify(best[None]), label)
    draws = chance.uniform((queries, 2 + channels), method="square")[0]
    for query, draw in enumerate(draws):
        if lowest < 0:
            return best, query
        side = max(round(math.sqrt(stretch(query) * height * width)), 1)
        side = min(side, height, width)
        row, column = place(draw[0], height - side + 1), place(draw[1], width - side + 1)
        step = torch.zeros_like(image)
        step[:, row : row + side, column : column + side] = (
            2 * radius * sign(draw[2:])[:, None, None]
        )
        tried = torch.clamp(best + step, image - radius, image + radius).clamp(0, 1)
        found = margin(classify(tried[None]), label)
        if found < lowest:
            best, lowest = tried, found
    return best, queries


def bump(height: int, width: int) -> torch.Tensor:
    result = torch.zeros(height, width, dtype=torch.float64)
    for row in range(height):
        for column in range(width):
            distance = max(abs(row - height // 2), abs(column - width // 2))
            layers = range(distance, max(height, width) // 2 + 1)
            result[row, column] = sum(1 / (layer + 1) ** 2 for layer in layers)
    return result / result.norm() if height else result


def eta(side: int, draw: torch.Tensor) -> torch.Tensor:
    """One dipole for all channels, turned or not, each with its sign."""
    both = torch.cat([bump(side // 2, side), -bump(side - side // 2, side)])
    both = both / both.norm()
    both = both if draw[0] < 0.5 else both.T
    return both[None] * sign(draw[1:])[:, None, None]


def textbook_l2(classify, image, label, chance, *, radius, queries):
    """Algorithms 1 and 3, with the masks and the scaling to the radius of the published code."""
    channels, height, width = image.shape
    tile = min(height, width) // 5
    draws = chance.uniform((height // tile, width // tile, 1 + channels), method="square-start")[0]
    start = torch.zeros_like(image)
    for row in range(height // tile):
        for column in range(width // tile):
            top = (height - height // tile * tile) // 2 + row * tile
            left = (width - width // tile * tile) // 2 + column * tile
            start[:, top : top + tile, left : left + tile] = eta(tile, draws[row, column])
    best = (image + start / start.norm() * radius).clamp(0, 1)
    lowest = margin(classify(best[None]), label)
    for query, draw in enumerate(chance.uniform((queries, 5 + channels), method="square")[0]):
        if lowest < 0:
            return best, query
        side = max(round(math.sqrt(stretch(query) * height * width)), 3)
        side = min(side + (side % 2 == 0), height, width)
        rows, columns = height - side + 1, width - side + 1
        corners = [place(draw[0], rows), place(draw[1], columns)]
        corners += [place(draw[2], rows), place(draw[3], columns)]
        into = torch.zeros(height, width, dtype=torch.bool)
        into[corners[0] : corners[0] + side, corners[1] : corners[1] + side] = True
        out = torch.zeros(height, width, dtype=torch.bool)
        out[corners[2] : corners[2] + side, corners[3] : corners[3] + side] = True
        change = best - image
        unused = max(radius**2 - float(change.norm()) ** 2, 0)
        budget = (change * (into | out)).square().sum((1, 2)) + unused / channels
        held = change[:, into]
        held = held / (held.norm(dim=1, keepdim=True) + 1e-12)
        new = held + eta(side, draw[4:]).flatten(1)
        new = new / (new.norm(dim=1, keepdim=True) + 1e-12) * budget.sqrt()[:, None]
        change[:, out] = 0
        change[:, into] = new
        tried = (image + change / change.norm() * radius).clamp(0, 1)
        found = margin(classify(tried[None]), label)
        if found < lowest:
            best, lowest = tried, found
    return best, queries


@pytest.mark.parametrize(
    ("ball", "textbook"), [(SMALL, textbook_linf), (BALLS[1], textbook_l2)], ids=("Linf", "L2")
)
@pytest.mark.parametrize("columns", [16, 12])
def test_it_is_the_published_loop(network, images, labels, chance, ball, textbook, columns):
    network.double()
    images = images[..., :columns].double()
    found = Square(ball=ball, queries=120)(network, images, labels, chance=chance)
    with torch.no_grad():
        for row in range(16):
            expected, taken = textbook(
                network,
                images[row],
                labels[row : row + 1],
                chance.take([row]),
                radius=ball.radius,
                queries=120,
            )
            assert int(found.steps[row]) == taken
            torch.testing.assert_close(found.images[row], expected, rtol=0, atol=1e-9)
    assert found.steps.unique().numel() > 2
    assert (found.steps == 120).any()


@every_ball
def test_what_comes_back_is_the_best_of_all_that_was_seen(network, images, labels, chance, ball):
    lowest = torch.full((16,), float("inf"))
    originals = images.double()

    def watching(batch: torch.Tensor) -> torch.Tensor:
        logits = network(batch)
        if len(batch) == 16:  # nobody has left: rows are images
            assert batch.amin() >= 0
            assert batch.amax() <= 1
            assert (ball.length(batch.double() - originals) <= ball.radius + 1e-6).all()
            lowest.copy_(torch.minimum(lowest, margin(logits, answers)))
        return logits

    with torch.no_grad():
        answers = network(images).argmax(1)
    tiny = type(ball)(radius=ball.radius / 200)  # fools nobody
    found = Square(ball=tiny, queries=60)(watching, images, answers, chance=chance)
    assert (found.steps == 60).all()
    with torch.no_grad():
        torch.testing.assert_close(margin(network(found.images), answers), lowest)


@every_ball
def test_the_margin_of_the_best_never_rises_with_the_queries(network, images, labels, chance, ball):
    tiny = type(ball)(radius=ball.radius / 20)
    before = torch.full((16,), float("inf"))
    for queries in (1, 2, 5, 20, 80):
        found = Square(ball=tiny, queries=queries)(network, images, labels, chance=chance)
        with torch.no_grad():
            after = margin(network(found.images), labels)
        robust = found.steps == queries
        assert (after <= before + 1e-5)[robust].all()
        before = after
    assert robust.sum() > 4


@every_ball
def test_more_queries_never_lose(classify, images, labels, chance, ball):
    short = Square(ball=ball, queries=20)(classify, images, labels, chance=chance)
    long = Square(ball=ball, queries=90)(classify, images, labels, chance=chance)
    fooled = short.steps < 20
    assert torch.equal(long.steps[fooled], short.steps[fooled])
    assert torch.equal(long.images[fooled], short.images[fooled])
    assert (long.steps[~fooled] >= 20).all()
    with torch.no_grad():
        assert (margin(classify(long.images), labels)[long.steps < 90] < 0).all()
    assert 0 < int(fooled.sum()) < int((long.steps < 90).sum()) < 16


def steady(batch: torch.Tensor) -> torch.Tensor:
    """A classifier that no small change misleads, but that has an opinion about each pixel."""
    weights = numbers(2, batch[0].numel(), seed=4).to(batch) - 0.5
    return batch.flatten(1) @ weights.T + torch.tensor([0.0, 100.0]).to(batch)


def test_numbers_come_in_blocks_that_depend_on_nothing_but_the_image(monkeypatch):
    images, labels = numbers(4, 1, 5, 7, seed=1), torch.ones(4, dtype=torch.int64)
    chance = Chance(0, tuple("abcd"))

    def seen(queries: int, rows: slice) -> torch.Tensor:
        batches = []

        def watching(batch: torch.Tensor) -> torch.Tensor:
            batches.append(batch.clone())
            return steady(batch)

        attack = Square(ball=SMALL, queries=queries)
        attack(watching, images[rows], labels[rows], chance=chance.take(range(4)[rows]))
        return torch.stack(batches)

    monkeypatch.setattr(square, "_BLOCK", 10)
    whole = seen(35, slice(None))
    assert len(whole) == 36
    for queries in (1, 9, 10, 11, 20, 34):
        assert torch.equal(seen(queries, slice(None)), whole[: queries + 1])
    torch.testing.assert_close(seen(35, slice(2, 4)), whole[:, 2:], rtol=0, atol=0)
    # Another block is another draw, else the second would try what the first has tried.
    monkeypatch.setattr(square, "_BLOCK", 500)
    assert torch.equal(seen(35, slice(None))[:11], whole[:11])
    assert not torch.equal(seen(35, slice(None))[11:], whole[11:])


@every_ball
def test_windows_and_signs_belong_to_the_image_and_the_seed(ball):
    images = numbers(1, 3, 8, 8, seed=1).expand(3, -1, -1, -1)
    labels = torch.ones(3, dtype=torch.int64)
    attack = Square(ball=ball, queries=5)
    found = attack(steady, images, labels, chance=Chance(0, ("a", "b", "a"))).images
    other = attack(steady, images, labels, chance=Chance(1, ("a", "b", "a"))).images
    assert torch.equal(found[0], found[2])
    assert not torch.equal(found[0], found[1])
    assert not torch.equal(found[0], other[0])


@every_ball
@pytest.mark.parametrize(
    "shape", [(3, 5, 7), (1, 7, 5), (1, 28, 28), (3, 33, 20), (2, 1, 9), (3, 2, 2), (1, 1, 1)]
)
def test_images_of_any_size_and_channels_are_searched(ball, shape):
    images, labels = numbers(6, *shape, seed=1), torch.ones(6, dtype=torch.int64)
    chance = Chance(0, tuple("abcdef"))
    found = Square(ball=ball, queries=300)(steady, images, labels, chance=chance)
    lengths = ball.length(found.images - images)
    assert (lengths <= ball.radius + 1e-12).all()
    assert found.images.amin() >= 0
    assert found.images.amax() <= 1
    torch.testing.assert_close(found.lengths, lengths)
    gain = margin(steady(images), labels) - margin(steady(found.images), labels)
    if math.prod(shape) > 4:  # fewer pixels may have only one place, all of it clamped
        assert (gain > 0).all()


def linear(ball):
    """Two classes in float64, images far from the borders, and the worst margins in the ball."""
    difference = numbers(2 * 6 * 6, seed=3) * 2 - 1
    inside = torch.linspace(0.2, 2, 16, dtype=torch.float64)[:, None] * difference.sign()
    dual = torch.linalg.vector_norm(difference, ord=1 if isinstance(ball, Linf) else 2)
    inside = inside / difference.abs().sum() * ball.radius * dual
    images = (0.5 + inside).view(16, 2, 6, 6)

    def classify(batch: torch.Tensor) -> torch.Tensor:
        margins = (batch.flatten(1) - 0.5) @ difference
        return torch.stack([margins, torch.zeros_like(margins)], dim=1)

    labels = torch.zeros(16, dtype=torch.int64)
    worst = margin(classify(images), labels) - ball.radius * dual
    return classify, images, labels, worst, Chance(0, tuple(map(str, range(16))))


@pytest.mark.parametrize("ball", [Linf(radius=0.05), L2(radius=0.3)], ids=repr)
def test_it_fools_a_linear_model_by_far_margins_and_never_beyond_the_worst(ball):
    classify, images, labels, worst, chance = linear(ball)
    found = Square(ball=ball, queries=800)(classify, images, labels, chance=chance)
    margins = margin(classify(found.images), labels)
    assert (margins >= worst - 1e-12).all()
    assert ((margins < 0) == (found.steps < 800)).all()
    clean = margin(classify(images), labels)
    far = worst < -0.45 * (clean - worst)
    assert (margins < 0)[far].all()
    assert (margins > 0)[worst > 0].all()
    assert 2 < int(far.sum()) < int((worst < 0).sum()) < 14


def test_linf_search_ends_at_the_worst_margin_of_a_linear_model_of_few_pixels():
    ball = Linf(radius=0.05)
    difference = numbers(1 * 4 * 4, seed=3) * 2 - 1

    def classify(batch: torch.Tensor) -> torch.Tensor:
        margins = (batch.flatten(1) - 0.5) @ difference + 10
        return torch.stack([margins, torch.zeros_like(margins)], dim=1)

    images, labels = 0.4 + 0.2 * numbers(8, 1, 4, 4, seed=5), torch.zeros(8, dtype=torch.int64)
    chance = Chance(0, tuple("abcdefgh"))
    found = Square(ball=ball, queries=700)(classify, images, labels, chance=chance).images
    corner = images - ball.radius * difference.sign().view(1, 4, 4)
    torch.testing.assert_close(found, corner, rtol=0, atol=1e-12)


@every_ball
def test_it_needs_no_gradient(network, images, labels, chance, ball):
    """Logits from outside PyTorch and rounded: their gradient is nothing, or does not exist."""

    def rounded(batch: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            return torch.from_numpy(np.round(network(batch).numpy(), 1))

    found = Square(ball=ball, queries=60)(rounded, images, labels, chance=chance)
    fooled = margin(rounded(found.images), labels) < 0
    assert torch.equal(fooled, found.steps < 60)
    assert int(fooled.sum()) > int((margin(rounded(images), labels) < 0).sum())


def test_no_graph_is_built(network, images, labels, chance):
    graphs = []

    def watching(batch: torch.Tensor) -> torch.Tensor:
        logits = network(batch)
        graphs.append(logits.requires_grad)
        return logits

    Square(ball=SMALL, queries=3)(watching, images.requires_grad_(), labels, chance=chance)
    assert graphs == [False] * 4


@every_ball
def test_logits_that_are_a_view_of_the_images_are_read_in_time(images, chance, ball):
    def first_pixels(batch: torch.Tensor) -> torch.Tensor:
        return batch.flatten(1)[:, :3]

    def copied(batch: torch.Tensor) -> torch.Tensor:
        return first_pixels(batch).clone()

    labels = torch.zeros(16, dtype=torch.int64)
    found = Square(ball=ball, queries=40)(first_pixels, images, labels, chance=chance)
    expected = Square(ball=ball, queries=40)(copied, images, labels, chance=chance)
    assert torch.equal(found.images, expected.images)
    assert torch.equal(found.curve.losses, expected.curve.losses)


@every_ball
def test_a_query_is_one_pass_of_those_who_are_still_right(network, images, labels, chance, ball):
    sizes = []

    def counting(batch: torch.Tensor) -> torch.Tensor:
        sizes.append(len(batch))
        return network(batch)

    found = Square(ball=ball, queries=50)(counting, images, labels, chance=chance)
    alive = [int((found.steps >= query).sum()) for query in range(51)]
    assert sizes == [16, *alive[1:]] if alive[-1] else [16, *filter(None, alive[1:])]
    assert sizes[-1] < 16


def test_who_is_wrong_at_the_start_leaves_there(images, chance):
    def wrong(batch: torch.Tensor) -> torch.Tensor:
        passes.append(len(batch))
        return batch.flatten(1)[:, :4] * 0 + torch.tensor([0.0, 0, 0, 1])

    passes = []
    labels = torch.zeros(16, dtype=torch.int64)
    found = Square(ball=SMALL)(wrong, images, labels, chance=chance)
    assert passes == [16]
    assert torch.equal(found.steps, torch.zeros(16, dtype=torch.int64))


def test_a_tie_is_not_fooled(images, labels, chance):
    def undecided(batch: torch.Tensor) -> torch.Tensor:
        return batch.flatten(1).sum(1, keepdim=True) * torch.zeros(4)

    found = Square(ball=SMALL, queries=7)(undecided, images, labels, chance=chance)
    assert torch.equal(found.steps, torch.full((16,), 7))


@every_ball
def test_a_ball_of_no_radius_returns_the_images(network, images, labels, chance, ball):
    none = type(ball)(radius=0)
    found = Square(ball=none, queries=20)(network, images, labels, chance=chance).images
    torch.testing.assert_close(found, images, rtol=0, atol=0)


@every_ball
def test_the_curve_shows_the_best_so_far_and_ends_where_the_search_does(
    network, images, labels, chance, ball
):
    found = Square(ball=ball, queries=60)(network, images, labels, chance=chance)
    curve = found.curve
    assert int(curve.points[0]) == 0
    assert int(curve.points[-1]) == 60
    with torch.no_grad():
        losses = cross_entropy(network(found.images), labels)
    torch.testing.assert_close(curve.losses[:, -1], losses)
    torch.testing.assert_close(curve.lengths[:, -1], found.lengths)
    mean = curve.losses.mean(0)
    assert mean[-1] > mean[0] + 0.005


@every_ball
def test_the_batch_size_changes_nothing(classify, images, labels, chance, ball):
    whole = Square(ball=ball, queries=40)(classify, images, labels, chance=chance)
    small = Square(ball=ball, queries=40, batch_size=5)(classify, images, labels, chance=chance)
    assert torch.equal(small.images, whole.images)
    assert torch.equal(small.steps, whole.steps)
    assert torch.equal(small.curve.losses, whole.curve.losses)


def test_no_queries_are_refused():
    with pytest.raises(ConfigError) as caught:
        Square(ball=SMALL, queries=0)
    assert str(caught.value) == "`queries` must be at least 1, got 0. Usual are 5000."


@pytest.mark.parametrize("share", [0, -0.1, 1.01, 80, float("nan")])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(ConfigError) as caught:
        Square(ball=SMALL, start_share=share)
    assert str(caught.value) == (
        "`start_share` must be above 0 and at most 1 (a share of the image's area), "
        f"got {share}. Usual is 0.8."
    )


def test_a_threat_that_is_no_ball_of_pixels_is_refused(monkeypatch):
    # As a user meets it, without the type checks of the tests.
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(ConfigError) as caught:
        Square(ball=Displacement(radius=1))
    assert str(caught.value) == (
        "`ball` must be Linf or L2, got Displacement(radius=1). "
        "The Square attack is not defined for others."
    )


def test_a_batch_of_none_is_refused():
    with pytest.raises(ConfigError) as caught:
        Square(ball=SMALL, batch_size=0)
    assert str(caught.value) == (
        "`batch_size` must be at least 1, got 0. It bounds the memory and changes no result; "
        "100 is usual."
    )
