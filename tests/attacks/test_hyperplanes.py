"""Shortest moves onto a hyperplane within the box, against SciPy and closed forms."""

import numpy as np
import pytest
import torch
from scipy.optimize import linprog, lsq_linear

from cuelens.attacks.hyperplanes import moves_onto
from cuelens.balls import L2, Linf

LINF, L2_BALL = Linf(radius=1), L2(radius=1)
both = pytest.mark.parametrize("ball", [LINF, L2_BALL], ids=["linf", "l2"])


def generator(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=seed))


def double(values) -> torch.Tensor:
    return torch.from_numpy(np.array(values, dtype=np.float64))


def one_move(ball, point, normal, rise) -> np.ndarray:
    """Return the move of a single point."""
    moves = moves_onto(ball, double([[point]]), double([normal]), double([[rise]]))
    return moves[0, 0].numpy()


def shortest_by_search(ball, point, normal, rise) -> float:
    """Return the length of the shortest move, from a solver that knows only the constraints."""
    pixels = len(point)
    if ball is LINF:
        sides = np.vstack([np.eye(pixels), -np.eye(pixels)])
        solved = linprog(
            np.append(np.zeros(pixels), 1),
            A_ub=np.hstack([sides, -np.ones((2 * pixels, 1))]),
            b_ub=np.zeros(2 * pixels),
            A_eq=np.append(normal, 0)[None],
            b_eq=[rise],
            bounds=[*zip(-point, 1 - point, strict=True), (0, None)],
        )
        assert solved.status == 0
        return float(solved.fun)
    heavy = 1e5  # the hyperplane as one equation that outweighs all the others
    solved = lsq_linear(
        np.vstack([heavy * normal, np.eye(pixels)]),
        np.append(heavy * rise, np.zeros(pixels)),
        bounds=(np.minimum(-point, -1e-12), np.maximum(1 - point, 1e-12)),
        method="bvls",
        tol=1e-14,
    )
    assert solved.status > 0
    return float(np.linalg.norm(solved.x))


def length(ball, move: np.ndarray) -> float:
    return float(np.linalg.norm(move, ord=np.inf if ball is LINF else 2))


@both
@pytest.mark.parametrize("seed", range(25))
def test_no_shorter_move_is_found_by_search(ball, seed):
    numbers = generator(seed)
    point = (numbers.random(7) * 1.6 - 0.3).clip(0, 1)  # a third of the pixels at a border
    normal = numbers.normal(size=7) * (numbers.random(7) > 0.2)
    end = numbers.random(7)  # somewhere in the box, so that the hyperplane meets it
    rise = normal @ (end - point)
    move = one_move(ball, point, normal, rise)
    assert normal @ move == pytest.approx(rise, abs=1e-13)
    assert (point + move).min() >= -1e-15
    assert (point + move).max() <= 1 + 1e-15
    assert length(ball, move) == pytest.approx(
        shortest_by_search(ball, point, normal, rise), abs=1e-6
    )


@both
@pytest.mark.parametrize("sign", [-1, 1])
def test_far_from_the_border_it_is_the_textbooks_projection(ball, sign):
    normal, rise = generator(3).normal(size=50), sign * 0.2
    move = one_move(ball, np.full(50, 0.5), normal, rise)
    if ball is LINF:
        expected = rise * np.sign(normal) / np.abs(normal).sum()
    else:
        expected = rise * normal / (normal @ normal)
    np.testing.assert_allclose(move, expected, rtol=1e-13)


@both
@pytest.mark.parametrize("rise", [100.0, -100.0])
def test_out_of_reach_it_is_the_nearest_corner(ball, rise):
    point, normal = np.array([0.25, 0.5, 0.0, 1.0]), np.array([1.0, -2.0, 3.0, 0.5])
    corner = (normal * rise > 0).astype(float)
    np.testing.assert_array_equal(point + one_move(ball, point, normal, rise), corner)


@both
def test_a_hyperplane_that_touches_the_corner_is_reached(ball):
    point, normal = np.array([0.25, 0.5, 0.125]), np.array([1.0, -2.0, 4.0])
    corner = np.array([1.0, 0.0, 1.0])
    move = one_move(ball, point, normal, normal @ (corner - point))
    np.testing.assert_allclose(point + move, corner, rtol=0, atol=1e-14)


@both
def test_a_point_on_the_hyperplane_stays(ball):
    move = one_move(ball, np.array([0.0, 0.5, 1.0]), np.array([1.0, -1.0, 2.0]), 0.0)
    np.testing.assert_array_equal(move, 0)


@both
@pytest.mark.parametrize("rise", [0.0, 1.0, -1.0])
def test_without_a_normal_nothing_moves(ball, rise):
    move = one_move(ball, np.array([0.0, 0.5, 1.0]), np.zeros(3), rise)
    np.testing.assert_array_equal(move, 0)


@both
def test_pixels_without_weight_and_at_the_border_stay(ball):
    point, normal = np.array([0.5, 1.0, 0.0, 0.5]), np.array([0.0, 1.0, -1.0, 1.0])
    move = one_move(ball, point, normal, 0.25)
    np.testing.assert_allclose(move, [0, 0, 0, 0.25], rtol=0, atol=1e-15)


@both
def test_pixels_that_stop_one_after_the_other_are_all_followed(ball):
    """Borders and weights that each differ tenfold: Newton's method passes them one by one."""
    room, normal = 10.0 ** np.arange(-12, 0), 10.0 ** np.arange(0, -12, -1.0)
    move = one_move(ball, 1 - room, normal, 0.99 * (normal @ room))
    assert normal @ move == pytest.approx(0.99 * (normal @ room), rel=1e-13)
    assert (move <= room * (1 + 1e-3)).all()


@both
def test_points_of_a_row_share_its_normal_and_nothing_else(ball):
    numbers = generator(4)
    points, normals = numbers.random((5, 2, 30)), numbers.normal(size=(5, 30))
    rises = numbers.normal(size=(5, 2))
    together = moves_onto(ball, double(points), double(normals), double(rises))
    for row in range(5):
        for point in range(2):
            alone = one_move(ball, points[row, point], normals[row], rises[row, point])
            np.testing.assert_allclose(together[row, point], alone, rtol=0, atol=1e-15)


@both
@pytest.mark.parametrize("scale", [1e-25, 1e-6, 1e6, 1e25])
def test_the_length_of_the_normal_does_not_matter(ball, scale):
    numbers = generator(5)
    points, normals = numbers.random((4, 2, 30)), numbers.normal(size=(4, 30))
    rises = numbers.normal(size=(4, 2))
    expected = moves_onto(ball, double(points), double(normals), double(rises))
    found = moves_onto(
        ball,
        double(points).float(),
        (double(normals) * scale).float(),
        (double(rises) * scale).float(),
    )
    assert found.dtype == torch.float32
    torch.testing.assert_close(found.double(), expected, rtol=0, atol=2e-6)


@both
def test_arguments_are_left_alone(ball):
    numbers = generator(6)
    arguments = [
        double(numbers.random((4, 2, 30))),
        double(numbers.normal(size=(4, 30))),
        double(numbers.normal(size=(4, 2))),
    ]
    before = [argument.clone() for argument in arguments]
    moves_onto(ball, *arguments)
    assert all(torch.equal(*pair) for pair in zip(arguments, before, strict=True))


@both
def test_no_points_give_no_moves(ball):
    moves = moves_onto(ball, torch.zeros(0, 2, 9), torch.zeros(0, 9), torch.zeros(0, 2))
    assert moves.shape == (0, 2, 9)
