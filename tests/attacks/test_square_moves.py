"""What a try of the Square attack changes, pixel by pixel, and how it is taken back."""

import numpy as np
import pytest
import torch

from cuelens.attacks.square_moves import L2Moves, LinfMoves, settle
from cuelens.balls import L2, Linf
from cuelens.randomness import Chance

MOVES = (
    LinfMoves(ball=Linf(radius=0.1), start_share=0.8),
    L2Moves(ball=L2(radius=1.5), start_share=0.8),
)
every_move = pytest.mark.parametrize("moves", MOVES, ids=repr)


def numbers(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(np.random.Generator(np.random.Philox(key=seed)).random(shape))


@pytest.fixture
def originals() -> torch.Tensor:
    """In float64, a quarter of the pixels at a border of [0, 1]."""
    return (numbers(8, 3, 11, 9, seed=1) * 1.4 - 0.2).clamp(0, 1)


@pytest.fixture
def chance() -> Chance:
    return Chance(0, tuple("abcdefgh"))


def drawn(moves, seed: int) -> torch.Tensor:
    return numbers(8, moves.numbers(3), seed=seed).float()


@every_move
@pytest.mark.parametrize("query", [1, 30, 300])
def test_a_try_that_is_not_kept_leaves_the_images_bit_for_bit(moves, originals, chance, query):
    images = moves.start(originals, chance=chance)
    kept = torch.arange(8) % 3 == 0
    for seed in range(20):
        before = images.clone()
        changes = moves.attempt(images, originals, drawn(moves, seed), query=query)
        tried = images.clone()
        assert not torch.equal(tried, before)
        settle(images, changes, kept)
        assert torch.equal(images, torch.where(kept[:, None, None, None], tried, before))


@every_move
def test_every_try_stays_in_range_and_in_ball(moves, originals, chance):
    images = moves.start(originals, chance=chance)
    for query in range(1, 600, 3):
        moves.attempt(images, originals, drawn(moves, query), query=query)
        assert images.amin() >= 0
        assert images.amax() <= 1
        assert (moves.ball.length(images - originals) <= moves.ball.radius + 1e-12).all()


def test_the_linf_start_is_stripes_along_the_columns(chance):
    originals = torch.full((8, 3, 11, 9), 0.5, dtype=torch.float64)
    change = MOVES[0].start(originals, chance=chance) - 0.5
    torch.testing.assert_close(change.abs(), torch.full_like(change, 0.1))
    assert torch.equal(change, change[:, :, :1].expand_as(change))
    assert 0.4 < (change > 0).double().mean() < 0.6
    assert len({tuple(row.flatten().tolist()) for row in change}) == 8


def test_a_linf_try_fills_one_window_with_one_sign_a_channel(chance):
    originals = torch.full((8, 3, 11, 9), 0.5, dtype=torch.float64)
    images = originals.clone()
    MOVES[0].attempt(images, originals, drawn(MOVES[0], 1), query=30)
    change = images - originals
    for row in change:
        places = row.abs().amax(0).nonzero()
        low, high = places.amin(0), places.amax(0)
        assert (high - low + 1).tolist() == [6, 6]  # the root of 0.4 of 99 pixels
        window = row[:, low[0] : high[0] + 1, low[1] : high[1] + 1]
        torch.testing.assert_close(window.abs(), torch.full_like(window, 0.1))
        assert torch.equal(window, window[:, :1, :1].expand_as(window))
    assert len({tuple(row.flatten().tolist()) for row in change}) == 8


@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 28, 28), (3, 11, 9), (3, 5, 7), (1, 1, 1)])
def test_the_l2_start_is_a_grid_of_dipoles_as_long_as_the_radius(shape, chance):
    originals = torch.full((8, *shape), 0.5, dtype=torch.float64)
    moves = L2Moves(ball=L2(radius=0.4), start_share=0.8)
    change = moves.start(originals, chance=chance) - originals
    torch.testing.assert_close(moves.ball.length(change), torch.full((8,), 0.4).double())
    side = max(min(shape[1:]) // 5, 1)
    rows, columns = shape[1] // side, shape[2] // side
    margins = (shape[1] - rows * side) // 2, (shape[2] - columns * side) // 2
    outside = change.clone()
    inner = outside[
        :,
        :,
        margins[0] : margins[0] + rows * side,
        margins[1] : margins[1] + columns * side,
    ]
    tiles = inner.unfold(2, side, side).unfold(3, side, side).square().sum((-2, -1))
    torch.testing.assert_close(tiles, torch.full_like(tiles, 0.16 / tiles[0].numel()))
    inner.zero_()
    assert not outside.any()


def test_an_l2_try_empties_one_window_and_spends_its_length_in_another(chance):
    originals = torch.full((8, 3, 11, 9), 0.5, dtype=torch.float64)
    moves = L2Moves(ball=L2(radius=0.4), start_share=0.8)
    images = moves.start(originals, chance=chance)
    before = images.clone()
    out, into = moves.attempt(images, originals, drawn(moves, 2), query=60)
    lengths = moves.ball.length(images - originals)
    torch.testing.assert_close(lengths, torch.full((8,), 0.4).double())
    touched = torch.zeros(8, 99, dtype=torch.bool)
    touched.scatter_(1, into.windows.pixels, value=True)
    emptied = torch.zeros(8, 99, dtype=torch.bool)
    emptied.scatter_(1, out.windows.pixels, value=True)
    emptied &= ~touched
    assert emptied.any()
    rest = ~(touched | emptied)
    for channel in range(3):
        now, then = images[:, channel].flatten(1), before[:, channel].flatten(1)
        assert (now[emptied] == 0.5).all()
        assert torch.equal(now[rest], then[rest])
        torch.testing.assert_close(
            (now - 0.5).square().sum(1), (then - 0.5).square().sum(1), rtol=1e-9, atol=0
        )


def test_an_l2_try_gives_back_what_clamping_left_unused():
    originals = torch.full((8, 1, 11, 9), 0.5, dtype=torch.float64)
    moves = L2Moves(ball=L2(radius=0.4), start_share=0.8)
    images = originals.clone()  # nothing spent so far
    moves.attempt(images, originals, numbers(8, 6).float(), query=60)
    lengths = moves.ball.length(images - originals)
    torch.testing.assert_close(lengths, torch.full((8,), 0.4).double())
