"""The windows of the Square attack against slices, and its pattern against layers one by one."""

import numpy as np
import pytest
import torch

from cuelens.attacks.squares import dipoles, window_side, windows_drawn


def numbers(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(np.random.Generator(np.random.Philox(key=seed)).random(shape)).float()


def layered(height: int, width: int) -> torch.Tensor:
    """A bump drawn layer by layer, each a square about the centre, cut at the border."""
    bump = torch.zeros(height, width, dtype=torch.float64)
    row, column = height // 2, width // 2
    for layer in range(max(height, width) // 2 + 1):
        top, left = max(row - layer, 0), max(column - layer, 0)
        bump[top : row + layer + 1, left : column + layer + 1] += 1 / (layer + 1) ** 2
    return bump / bump.square().sum().sqrt()


@pytest.mark.parametrize(("channels", "height", "width", "side"), [(3, 5, 7, 2), (1, 9, 4, 4)])
def test_windows_read_and_write_what_slices_would(channels, height, width, side):
    images = numbers(6, channels, height, width)
    drawn = numbers(6, 2, seed=1)
    windows = windows_drawn(drawn, images, side)
    content = windows.read(images)
    changed = images.clone()
    windows.write(changed, -content)
    for place, (image, known) in enumerate(zip(changed, images, strict=True)):
        top = int(drawn[place, 0] * (height - side + 1))
        left = int(drawn[place, 1] * (width - side + 1))
        expected = known.clone()
        window = expected[:, top : top + side, left : left + side]
        assert torch.equal(content[place], window.flatten(1))
        window.neg_()
        assert torch.equal(image, expected)


def test_every_place_is_drawn_as_often_as_every_other_the_last_row_and_column_too():
    images = torch.zeros(1, 1, 4, 5).expand(30_000, 1, 4, 5)
    windows = windows_drawn(numbers(30_000, 2), images, 2)
    counts = torch.bincount(windows.pixels[:, 0], minlength=20).view(4, 5)
    assert (counts[3] == 0).all()
    assert (counts[:, 4] == 0).all()
    torch.testing.assert_close(
        counts[:3, :4] / 30_000, torch.full((3, 4), 1 / 12), atol=6e-3, rtol=0
    )


@pytest.mark.parametrize("size", [1, 3, 32, 224, 225, 1000])
def test_the_largest_number_below_one_hangs_over_no_edge(size):
    largest = torch.full((1, 2), 1 - 2**-24)
    assert float(largest[0, 0]) < 1
    windows = windows_drawn(largest, torch.zeros(1, 1, size, size), 1)
    assert int(windows.pixels) == size * size - 1


PUBLISHED = (
    # Worked out by hand from p = 0.8 of 32 x 32 pixels, halved behind each count: Linf, then L2.
    (1, 29, 29),
    (11, 29, 29),
    (12, 20, 21),
    (51, 20, 21),
    (52, 14, 15),
    (201, 14, 15),
    (202, 10, 11),
    (501, 10, 11),
    (502, 7, 7),
    (1001, 7, 7),
    (1002, 5, 5),
    (2002, 4, 5),
    (4002, 3, 3),
    (6002, 2, 3),
    (8002, 1, 3),
    (10_000, 1, 3),
)


@pytest.mark.parametrize(("query", "linf", "l2"), PUBLISHED)
def test_windows_shrink_as_published_at_32_pixels(query, linf, l2):
    images = torch.zeros(0, 3, 32, 32)
    assert window_side(query, images, start_share=0.8, least=1, odd=False) == linf
    assert window_side(query, images, start_share=0.8, least=3, odd=True) == l2


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 9), (2, 2), (5, 7), (40, 6)])
def test_windows_fit_into_the_shorter_side(height, width):
    images = torch.zeros(0, 3, height, width)
    for query in (1, 100, 10_000):
        for odd in (False, True):
            side = window_side(query, images, start_share=1.0, least=3, odd=odd)
            assert 1 <= side <= min(height, width)


@pytest.mark.parametrize("side", [1, 2, 3, 4, 5, 6, 7, 15, 29])
def test_a_dipole_is_two_bumps_of_opposite_sign_and_of_unit_length_together(side):
    upper = layered(side // 2, side) if side > 1 else torch.zeros(0, 1, dtype=torch.float64)
    expected = torch.cat([upper, -layered(side - side // 2, side)])
    expected = expected / expected.square().sum().sqrt()
    found = dipoles(side, torch.float64, torch.device("cpu")).view(2, side, side)
    torch.testing.assert_close(found[0], expected)
    torch.testing.assert_close(found[1], expected.T)
    torch.testing.assert_close(found.square().sum((1, 2)), torch.ones(2, dtype=torch.float64))


def test_a_dipole_of_three_pixels_is_the_papers_formula_by_hand():
    # A row of three above: 5/4 at its centre and 1/4 beside it, scaled to unit length.
    row = torch.tensor([1, 5, 1], dtype=torch.float64) / 27**0.5
    # Two rows below: their centre is the lower one, all else is one step from it.
    rows = -torch.tensor([[1, 1, 1], [1, 5, 1]], dtype=torch.float64) / 30**0.5
    expected = torch.cat([row[None], rows]) / 2**0.5
    found = dipoles(3, torch.float64, torch.device("cpu"))[0].view(3, 3)
    torch.testing.assert_close(found, expected)
