"""The scale that models share: planted maps of which one model's drown, or are all white."""

import pytest
import torch

from cuelens.evaluation import Strips
from cuelens.study.checks.shared_scales import check_shared_scales


def planted(strengths: dict[str, float], *, images: int = 3) -> Strips:
    """Return strips whose maps are even noise of known strengths, a model each."""
    generator = torch.Generator().manual_seed(0)
    shape = (1, len(strengths), 2, images, 1, 24, 24)
    sizes = torch.tensor(list(strengths.values())).view(1, -1, 1, 1, 1, 1, 1)
    pixels = torch.zeros(len(strengths), 2, images, 1, 24, 24)
    return Strips(
        dataset="d", class_names=("a", "b"), models=tuple(strengths),
        conditions=("clean", "shuffle=2"), attacks=(), methods=("gradient",), scores=("logit",),
        images=tuple(map(str, range(images))), rules=("",) * images, target="the true class",
        labels=torch.zeros(images, dtype=torch.int64),
        explained=torch.zeros(len(strengths), images, dtype=torch.int64), pictures=pixels,
        maps=torch.rand(shape, generator=generator) * sizes,
        predictions=torch.zeros(len(strengths), 2, images, dtype=torch.int64),
        probabilities=torch.full((len(strengths), 2, images, 2), 0.5),
    )  # fmt: skip


def test_a_model_whose_maps_are_far_weaker_is_nearly_black_beside_the_other() -> None:
    weak, strong = check_shared_scales([planted({"robust": 0.01, "standard": 1.0})])
    assert (weak.raised, strong.raised) == (True, False)
    assert weak.about == ("gradient", "robust")
    assert weak.name == strong.name == "saturated-scale"
    # Even noise from 0 to .01, of which white is about .98.
    assert weak.sentence == (
        "gradient maps of robust: drawn on one scale with those of the other models, 0.0 % of the "
        "pixels are white and the mean grey is 0.005 (means over 3 images); below 0.02 they are "
        "nearly black there beside stronger ones: that says how little they are, not where; look "
        "at each map on its own scale."
    )
    assert strong.sentence == (
        "gradient maps of standard: drawn on one scale with those of the other models, 2.1 % of "
        "the pixels are white and the mean grey is 0.509 (means over 3 images)."
    )


def test_a_model_far_above_many_others_is_white_in_large_parts() -> None:
    strengths = dict.fromkeys("abcdefg", 0.1) | {"loud": 1.0}
    found = {check.about[1]: check for check in check_shared_scales([planted(strengths)])}
    assert [name for name, check in found.items() if check.raised] == ["loud"]
    assert "; more than 5 % white: what is strongest cannot be seen there" in found["loud"].sentence


def test_models_of_one_strength_share_a_scale_well() -> None:
    found = check_shared_scales([planted({"one": 1.0, "other": 0.7})] * 2)
    assert [check.raised for check in found] == [False, False]
    assert "(means over 6 images)" in found[0].sentence


@pytest.mark.parametrize("strips", [[], [planted({"alone": 1.0})]], ids=["none", "one model"])
def test_who_is_alone_shares_no_scale(strips: list[Strips]) -> None:
    assert check_shared_scales(strips) == ()


def test_maps_that_are_no_numbers_are_left_out() -> None:
    strips = planted({"broken": 1.0, "whole": 1.0})
    strips.maps[:, 0] = torch.nan
    (whole,) = check_shared_scales([strips])
    assert whole.about == ("gradient", "whole")
    assert not whole.raised
