import pytest
import torch

from cuelens.errors import ConfigError
from cuelens.explore import Picture, Subjects, advance, begin


def test_a_linear_network_turns_exactly_where_its_margin_is_used_up(
    subjects: Subjects, picture: Picture
) -> None:
    # Weights of "left": the margin is 2 x mean difference, and falls by 2 x 0.1 x pixels a unit.
    pixels = picture.images[0].numel()
    weights = torch.full((pixels,), 0.2)
    margin = float((0.05 * weights).sum())  # halves are .55 and .45: .05 beyond their mean
    reach = margin / float(weights.sum())
    enough, short = (
        advance(subjects, begin(subjects, picture.images, radius=radius), 4)
        for radius in (1.02 * reach, 0.98 * reach)
    )
    assert enough.turned("left") == 4  # steps are a quarter of the radius
    assert short.turned("left") is None
    assert enough.steps == 4
    assert len(enough.answers["left"]) == 5


def test_no_attacked_picture_leaves_the_ball_or_the_range_of_pixels(
    subjects: Subjects, picture: Picture
) -> None:
    trail = advance(subjects, begin(subjects, picture.images, radius=0.5), 9)
    for images in trail.current.values():
        assert float((images - picture.images).abs().max()) <= 0.5 + 1e-6
        assert 0 <= float(images.min()) <= float(images.max()) <= 1
    assert torch.equal(trail.original, picture.images)


def test_steps_one_by_one_are_those_of_one_go(subjects: Subjects, picture: Picture) -> None:
    begun = begin(subjects, picture.images, radius=0.03)
    at_once = advance(subjects, begun, 3)
    one_by_one = begun
    for _ in range(3):
        one_by_one = advance(subjects, one_by_one, 1)
    for model in ("mean", "left"):
        assert torch.equal(at_once.current[model], one_by_one.current[model])
        assert at_once.answers[model] == one_by_one.answers[model]
    assert begun.steps == 0


def test_a_radius_or_a_count_out_of_range_is_refused(subjects: Subjects, picture: Picture) -> None:
    with pytest.raises(ConfigError) as caught:
        begin(subjects, picture.images, radius=8.0)
    assert str(caught.value) == "`radius` must be above 0 and at most 1, got 8.0."
    begun = begin(subjects, picture.images, radius=0.03)
    with pytest.raises(ConfigError) as caught:
        advance(subjects, begun, 201)
    assert str(caught.value) == "An attack has 1 to 200 steps, got 0 and 201 more. Start over."
