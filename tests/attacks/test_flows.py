"""A flow moves an image as it says, to the last bit where it says whole pixels."""

import math

import pytest
import torch
from torch.nn.functional import grid_sample

from cuelens.attacks.flows import moved, total_variation
from cuelens.randomness import Chance

SHIFTS = {
    "up": ((1, 0), lambda image: image[..., [1, 2, 3, 4, 4], :]),
    "down": ((-1, 0), lambda image: image[..., [0, 0, 1, 2, 3], :]),
    "left": ((0, 1), lambda image: image[..., :, [1, 2, 3, 4, 5, 6, 6]]),
    "right": ((0, -1), lambda image: image[..., :, [0, 0, 1, 2, 3, 4, 5]]),
}
TYPES = pytest.mark.parametrize("dtype", [torch.float32, torch.float64])


def numbers(*shape: int, seed: int = 1) -> torch.Tensor:
    chance = Chance(seed, tuple(str(row) for row in range(shape[0])))
    return chance.uniform(shape[1:], method="test")


def pictures(dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Four images of 5 rows and 7 columns, no two pixels alike."""
    return numbers(4, 3, 5, 7).to(dtype)


def everywhere(down: float, along: float, like: torch.Tensor) -> torch.Tensor:
    still = like.new_zeros(len(like), 2, *like.shape[2:])
    return still + like.new_tensor((down, along))[:, None, None]


@TYPES
def test_no_flow_is_the_identity_to_the_last_bit(dtype):
    images = pictures(dtype)
    assert torch.equal(moved(images, everywhere(0, 0, images)), images)
    assert torch.equal(moved(images, -everywhere(0, 0, images)), images)


def test_no_flow_is_the_identity_at_the_size_of_a_photograph():
    images = numbers(1, 3, 217, 331)
    assert torch.equal(moved(images, everywhere(0, 0, images)), images)


def test_no_flow_does_not_transpose():
    """The published experiment exchanges rows and columns: its zero flow mirrors every image."""
    square = numbers(2, 3, 6, 6)
    still = moved(square, everywhere(0, 0, square))
    assert torch.equal(still, square)
    assert not torch.equal(still, square.transpose(2, 3))
    wide = pictures()
    assert moved(wide, everywhere(0, 0, wide)).shape == (4, 3, 5, 7)


@TYPES
@pytest.mark.parametrize("direction", SHIFTS)
def test_a_flow_of_one_pixel_is_a_shift_by_one_pixel(direction, dtype):
    (down, along), shifted = SHIFTS[direction]
    images = pictures(dtype)
    assert torch.equal(moved(images, everywhere(down, along, images)), shifted(images))


def test_the_first_component_goes_down_the_rows_and_the_second_along_the_columns():
    images = torch.zeros(1, 1, 5, 7)
    images[0, 0, 3, 1] = 1
    assert moved(images, everywhere(2, -3, images)).nonzero().tolist() == [[0, 0, 1, 4]]


def test_half_a_pixel_is_the_mean_of_two():
    images = pictures(torch.float64)
    half = moved(images, everywhere(0, 0.5, images))
    torch.testing.assert_close(half[..., :-1], (images[..., :-1] + images[..., 1:]) / 2)
    assert torch.equal(half[..., -1], images[..., -1])


def test_each_pixel_and_each_image_has_its_own_displacement():
    images = pictures()
    flow = everywhere(0, 0, images)
    flow[2, :, 4, 1] = torch.tensor([-3.0, 2.0])
    expected = images.clone()
    expected[2, :, 4, 1] = images[2, :, 1, 3]
    assert torch.equal(moved(images, flow), expected)


def test_beyond_the_border_the_nearest_pixel_is_read():
    images = pictures()
    far = moved(images, everywhere(-1e4, 1e4, images))
    assert torch.equal(far, images[..., :1, -1:].expand_as(images))


def test_a_single_pixel_goes_nowhere():
    images = numbers(2, 3, 1, 1)
    flow = numbers(2, 2, 1, 1, seed=2) * 3 - 1
    torch.testing.assert_close(moved(images, flow), images)


@TYPES
def test_it_reads_where_the_grid_of_torch_reads(dtype):
    images = pictures(dtype)
    flow = 6 * numbers(4, 2, 5, 7, seed=2).to(dtype) - 3
    rows = torch.arange(5)[:, None] + flow[:, 0]
    columns = torch.arange(7) + flow[:, 1]
    grid = torch.stack([columns / 3 - 1, rows / 2 - 1], dim=3)
    expected = grid_sample(images, grid, padding_mode="border", align_corners=True)
    tolerance = 1e-5 if dtype == torch.float32 else 1e-13
    torch.testing.assert_close(moved(images, flow), expected, rtol=0, atol=tolerance)


def test_the_result_never_leaves_the_range_of_the_image():
    images = numbers(4, 3, 9, 9).round()  # black and white alone
    for scale in (1e-9, 0.3, 5.0):
        found = moved(images, scale * (2 * numbers(4, 2, 9, 9, seed=2) - 1))
        assert found.amin() >= 0
        assert found.amax() <= 1


@TYPES
def test_a_white_image_stays_white_and_no_rounding_makes_it_whiter(dtype):
    white = torch.ones(20, 1, 150, 150, dtype=dtype)
    flow = 2 * numbers(20, 2, 150, 150, seed=2).to(dtype) - 1
    for scale in (1, 1e-3, 1e-7):
        found = moved(white, scale * flow)
        assert found.amax() <= 1
        assert found.amin() >= 1 - 4 * torch.finfo(dtype).eps


def test_the_smallest_flow_moves_hardly_at_all():
    images = pictures()
    for tiny in (1e-30, -1e-30, 1e-9, -1e-9):
        found = moved(images, everywhere(tiny, tiny, images))
        torch.testing.assert_close(found, images, rtol=0, atol=1e-7)


def test_channels_last_images_give_the_same():
    images = pictures()
    flow = 2 * numbers(4, 2, 5, 7, seed=2) - 1
    last = images.to(memory_format=torch.channels_last)
    assert torch.equal(moved(last, flow), moved(images, flow))


def test_the_gradient_is_that_of_finite_differences():
    images = pictures(torch.float64)[:2].requires_grad_()
    flow = 4 * numbers(2, 2, 5, 7, seed=2).double() - 2
    off_the_kinks = flow.floor() + 0.1 + 0.8 * (flow - flow.floor())
    assert torch.autograd.gradcheck(moved, (images, off_the_kinks.requires_grad_()))


def test_at_no_flow_the_gradient_is_the_difference_to_the_next_row_and_column():
    images = pictures(torch.float64)
    flow = everywhere(0, 0, images).requires_grad_()
    (gradient,) = torch.autograd.grad(moved(images, flow).sum(), flow)
    sums = images.sum(1)
    torch.testing.assert_close(gradient[:, 0, :-1], sums.diff(dim=1))
    torch.testing.assert_close(gradient[:, 1, :, :-1], sums.diff(dim=2))
    # In the last row and column it looks back, or no pixel there would ever move.
    torch.testing.assert_close(gradient[:, 0, -1], sums.diff(dim=1)[:, -1])
    torch.testing.assert_close(gradient[:, 1, :, -1], sums.diff(dim=2)[..., -1])


def test_beyond_the_border_the_gradient_is_nothing():
    images = pictures(torch.float64)
    for far in (-9.5, 9.5):
        flow = everywhere(far, far, images).requires_grad_()
        (gradient,) = torch.autograd.grad(moved(images, flow).sum(), flow)
        assert (gradient == 0).all()


def test_a_flow_that_moves_all_alike_has_no_variation():
    images = pictures()
    assert torch.equal(total_variation(everywhere(0.3, -2, images)), torch.zeros(4))


def test_the_variation_of_a_ramp_is_its_slope():
    """Over 5 x 7 pixels there are 28 pairs in the columns and 30 in the rows."""
    flow = torch.zeros(1, 2, 5, 7, dtype=torch.float64)
    flow[0, 0] = 0.3 * torch.arange(7)
    flow[0, 1] = 0.4 * torch.arange(7)
    expected = torch.tensor([0.5 * 30 / 58], dtype=torch.float64)
    torch.testing.assert_close(total_variation(flow), expected)
    flow[0, 1] += torch.arange(5)[:, None]
    expected = torch.tensor([(0.5 * 30 + 1.0 * 28) / 58], dtype=torch.float64)
    torch.testing.assert_close(total_variation(flow), expected)


def test_one_displaced_pixel_inside_differs_from_its_four_neighbours():
    flow = torch.zeros(1, 2, 5, 7)
    flow[0, :, 2, 3] = torch.tensor([3.0, 4.0])
    torch.testing.assert_close(total_variation(flow), torch.tensor([4 * 5 / 58]))


def test_the_variation_is_the_papers_sum_over_its_terms():
    flow = numbers(1, 2, 4, 3, seed=2).double()
    total = 0.0
    for row in range(4):
        for column in range(3):
            for down, along in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                there = row + down, column + along
                if 0 <= there[0] < 4 and 0 <= there[1] < 3:
                    total += math.dist(flow[0, :, row, column], flow[0, :, *there])
    torch.testing.assert_close(float(total_variation(flow)), total / (2 * (3 * 3 + 4 * 2)))


def test_the_variation_of_a_smooth_flow_does_not_depend_on_the_resolution():
    def wave(side: int) -> torch.Tensor:
        ramp = torch.arange(side) * 0.01
        return ramp.expand(1, 2, side, side)

    small, large = total_variation(wave(32)), total_variation(wave(224))
    torch.testing.assert_close(small, large, rtol=1e-4, atol=0)


def test_the_variation_of_a_single_pixel_is_nothing():
    assert torch.equal(total_variation(torch.ones(2, 2, 1, 1)), torch.zeros(2))


def test_where_neighbours_move_alike_the_gradient_is_nothing():
    flow = torch.zeros(1, 2, 4, 4, requires_grad=True)
    (gradient,) = torch.autograd.grad(total_variation(flow).sum(), flow)
    assert (gradient == 0).all()


def test_a_flow_of_another_shape_fails():
    with pytest.raises(Exception, match="Type-check error"):
        moved(pictures(), torch.zeros(4, 3, 5, 7))
    with pytest.raises(Exception, match="Type-check error"):
        moved(pictures(), torch.zeros(4, 2, 7, 5))
