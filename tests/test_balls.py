"""Each ball measures, projects, ascends and samples as its geometry says."""

import math

import jaxtyping
import numpy as np
import pytest
import torch
from scipy import stats

from cuelens.balls import L2, Ball, Displacement, Linf, ThreatModel
from cuelens.errors import ArgumentError, ConfigError
from cuelens.randomness import Chance

BALLS: tuple[Ball, ...] = (Linf(radius=0.1), L2(radius=0.1), L2(radius=3.0))
every_ball = pytest.mark.parametrize("ball", BALLS, ids=repr)


def noise(count: int = 16, scale: float = 1.0) -> torch.Tensor:
    chance = Chance(1, tuple(str(row) for row in range(count)))
    return scale * chance.normal((3, 6, 6), method="test")


@every_ball
def test_every_ball_is_a_ball(ball):
    assert isinstance(ball, Ball)
    assert eval(repr(ball)) == ball  # noqa: S307 - the object is the configuration


@every_ball
def test_projection_ends_inside(ball):
    lengths = ball.length(ball.project(noise(scale=10)))
    assert (lengths <= ball.radius * (1 + 1e-6)).all()


@every_ball
def test_projection_of_something_long_ends_on_the_border(ball):
    lengths = ball.length(ball.project(noise(scale=10)))
    torch.testing.assert_close(lengths, torch.full_like(lengths, ball.radius))


@every_ball
def test_projection_never_moves_what_is_inside(ball):
    short = noise()
    short = short * (0.99 * ball.radius / ball.length(short))[:, None, None, None]
    assert torch.equal(ball.project(short), short)


@every_ball
def test_projection_twice_is_projection_once(ball):
    once = ball.project(noise())
    torch.testing.assert_close(ball.project(once), once)


@every_ball
def test_projection_of_zero_is_zero(ball):
    zero = torch.zeros(2, 3, 4, 4)
    assert torch.equal(ball.project(zero), zero)
    assert torch.equal(ball.length(zero), torch.zeros(2))


@every_ball
def test_no_point_of_the_ball_is_nearer_than_the_projection(ball):
    outside = noise(4, scale=5)
    distance = (ball.project(outside) - outside).flatten(1).norm(dim=1)
    for draw in range(20):
        chance = Chance(draw, tuple("abcd"))
        other = (ball.sample(outside, chance=chance) - outside).flatten(1).norm(dim=1)
        assert (distance <= other).all()


@every_ball
def test_the_steepest_direction_has_unit_length_and_gains_most(ball):
    gradient = noise()
    direction = ball.steepest(gradient)
    lengths = ball.length(direction)
    torch.testing.assert_close(lengths, torch.ones_like(lengths))
    gain = (direction * gradient).flatten(1).sum(1)
    dual = gradient.flatten(1).norm(p=1 if isinstance(ball, Linf) else 2, dim=1)
    torch.testing.assert_close(gain, dual)


@every_ball
def test_the_steepest_direction_of_no_gradient_is_no_direction(ball):
    zero = torch.zeros(2, 3, 4, 4)
    assert torch.equal(ball.steepest(zero), zero)


@every_ball
def test_samples_lie_inside_and_are_keyed(ball):
    like = torch.zeros(16, 3, 6, 6)
    chance = Chance(3, tuple(str(row) for row in range(16)))
    sample = ball.sample(like, chance=chance)
    assert sample.shape == like.shape
    assert (ball.length(sample) <= ball.radius).all()
    assert torch.equal(sample[5:9], ball.sample(like[5:9], chance=chance.take(range(5, 9))))
    assert not torch.equal(sample[0], sample[1])


@every_ball
def test_samples_have_the_type_of_the_images(ball):
    like = torch.zeros(2, 3, 4, 4, dtype=torch.float64)
    assert ball.sample(like, chance=Chance(0, ("a", "b"))).dtype == torch.float64


def test_linf_samples_are_uniform():
    sample = Linf(radius=0.5).sample(
        torch.zeros(50, 3, 6, 6), chance=Chance(0, (*map(str, range(50)),))
    )
    assert stats.kstest(sample.flatten().numpy() + 0.5, "uniform").pvalue > 0.001


def test_l2_samples_have_uniform_lengths_and_no_preferred_direction():
    ball = L2(radius=2.0)
    sample = ball.sample(torch.zeros(1000, 1, 2, 2), chance=Chance(0, (*map(str, range(1000)),)))
    assert stats.kstest(ball.length(sample).numpy() / 2, "uniform").pvalue > 0.001
    assert ball.steepest(sample).mean(0).abs().max() < 0.08


def test_a_ball_of_radius_zero_allows_nothing():
    for ball in (Linf(radius=0), L2(radius=0)):
        assert torch.equal(ball.project(noise()).abs(), torch.zeros(16, 3, 6, 6))


@pytest.mark.parametrize(("side", "radius"), [(32, 1.74), (64, 3.48), (224, 12.17)])
def test_equal_root_mean_square_change_at_any_resolution(side, radius):
    ball = L2.of_equal_change(8 / 255, height=side, width=side)
    assert round(ball.radius, 2) == radius
    change = torch.full((1, 3, side, side), 8 / 255)
    torch.testing.assert_close(ball.length(change), torch.tensor([ball.radius]), rtol=1e-4, atol=0)


def test_a_radius_in_grey_levels_is_caught_with_a_hint():
    with pytest.raises(ConfigError) as caught:
        Linf(radius=8)
    assert str(caught.value) == (
        "`radius` must be at most 1 (pixels are in [0, 1]), got 8. Did you mean 8/255?"
    )


def flows(scale: float = 1.0, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    chance = Chance(2, tuple(str(row) for row in range(16)))
    return scale * chance.normal((2, 5, 7), method="test").to(dtype)


def test_displacements_are_a_threat_but_no_ball_of_pixel_changes():
    ball = Displacement(radius=0.5)
    assert isinstance(ball, ThreatModel)
    assert not isinstance(ball, Ball)
    assert eval(repr(ball)) == ball  # noqa: S307 - the object is the configuration


def test_the_length_of_a_flow_is_its_longest_displacement_in_pixels():
    flow = torch.zeros(2, 2, 5, 7)
    flow[0, :, 4, 6] = torch.tensor([-3.0, 4.0])
    flow[0, :, 1, 2] = torch.tensor([4.0, 0.0])
    flow[1, 0], flow[1, 1, 0, 0] = 1, -1
    torch.testing.assert_close(
        Displacement(radius=1).length(flow), torch.tensor([5.0, math.sqrt(2)])
    )


def test_the_length_of_the_smallest_flow_is_not_lost():
    """Squares of such numbers are nothing in float32."""
    flow = torch.full((1, 2, 3, 3), 3e-30)
    assert Displacement(radius=1).length(flow) > 4e-30
    assert torch.equal(Displacement(radius=0).project(flow), torch.zeros(1, 2, 3, 3))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("radius", [0.1, 0.7, 1.0, 3.0])
def test_no_displacement_is_longer_than_the_radius_not_even_by_rounding(radius, dtype):
    ball = Displacement(radius=radius)
    for scale in (0.1, 1, 1e3, 1e9):
        lengths = ball.length(ball.project(flows(scale, dtype)))
        assert (lengths <= radius).all()
    torch.testing.assert_close(lengths, torch.full_like(lengths, radius))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_projecting_a_flow_twice_is_projecting_it_once_to_the_last_bit(dtype):
    for radius in (0, 0.1, 0.7, 1.0):
        ball = Displacement(radius=radius)
        once = ball.project(flows(dtype=dtype))
        assert torch.equal(ball.project(once), once)


def test_displacements_that_are_short_enough_keep_every_bit():
    flow = flows()
    ball = Displacement(radius=1.0)
    short = flow.norm(dim=1, keepdim=True).expand_as(flow) < 1
    assert short.any()
    assert not short.all()
    assert torch.equal(ball.project(flow)[short], flow[short])
    whole = torch.tensor([1.0, 0.0])[:, None, None].expand(1, 2, 5, 7)
    assert torch.equal(ball.project(whole), whole)


def test_displacements_that_are_too_long_keep_their_direction():
    flow = flows(10)
    found = Displacement(radius=0.5).project(flow)
    cosine = torch.cosine_similarity(found, flow, dim=1)
    torch.testing.assert_close(cosine, torch.ones_like(cosine))


def test_a_radius_of_no_displacement_allows_none():
    assert torch.equal(Displacement(radius=0).project(flows()).abs(), torch.zeros_like(flows()))


@pytest.mark.parametrize("kind", [Linf, L2, Displacement])
@pytest.mark.parametrize("radius", [-0.5, math.nan, math.inf])
def test_a_radius_that_is_no_length_is_refused(kind, radius):
    with pytest.raises(ConfigError) as caught:
        kind(radius=radius)
    assert str(caught.value) == (f"`radius` must be a finite number of at least 0, got {radius}.")


def test_a_wrong_shape_fails():
    with pytest.raises(Exception, match="Type-check error"):
        Linf(radius=0.1).project(torch.zeros(3, 4, 4))


@pytest.mark.parametrize("ball", [Linf, L2, Displacement])
@pytest.mark.parametrize("radius", ["8/255", None, True])
def test_a_radius_that_is_no_number_is_refused(ball, radius, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)  # as a user meets it
    with pytest.raises(ArgumentError) as caught:
        ball(radius=radius)
    assert str(caught.value) == (
        f"`radius` must be a number, got {radius!r}. In Python a fraction is written without "
        "quotes, such as 8 / 255."
    )
    assert ball(radius=np.float32(0.5)).radius == 0.5
