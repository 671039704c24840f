"""The check of the input range of explained models: planted networks, whose reading is known."""

import torch
from torch import nn

from cuelens.datasets import NamedImages
from cuelens.evaluation import RecordStore
from cuelens.networks import Classifier, InputSpecification
from cuelens.study.checks.input_range import check_input_range


class Brighter(nn.Module):
    """Answers the second class where what it reads is brighter than 0.45 on average."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        excess = images.mean((1, 2, 3)) - 0.45
        return torch.stack([-excess, excess], 1)


def greys(count: int, *, unknown: int = 0) -> NamedImages:
    """Return images of 0.3 (class 0) and 0.55 (class 1), some of unknown class behind them."""
    labels = torch.arange(count) % 2
    levels = torch.where(labels == 1, 140, 77).to(torch.uint8)
    return NamedImages(
        class_names=("dark", "bright"),
        ids=tuple(f"{place}.png" for place in range(count + unknown)),
        labels=torch.cat([labels, torch.full((unknown,), -1)]),
        pixels=torch.cat([levels, levels.new_zeros(unknown)])[:, None, None, None].expand(
            -1, 3, 4, 4
        ),
    )


def brighter(**specification: tuple[float, ...]) -> Classifier:
    return Classifier(
        Brighter(),
        class_names=("dark", "bright"),
        specification=InputSpecification(**specification),  # type: ignore[arg-type]
    )


def test_a_normalisation_that_does_not_fit_is_told_as_an_attack_tells_it(tmp_path):
    models = {"raw": brighter(), "twice": brighter(mean=(0.4,) * 3, deviation=(0.5,) * 3)}
    images = greys(24, unknown=3)
    raw, twice = check_input_range(models, images, store=RecordStore(tmp_path), draw=0)
    assert raw.name == twice.name == "input-range"
    assert (raw.raised, twice.raised) == (False, True)
    assert raw.sentence == (
        "raw: with its input specification it is right for 100.0 % of 24 images; of 3 other "
        "readings of the pixels none is right for surely more."
    )
    # Twelve images are right one way alone: 2 / 2^12, times 4 readings.
    assert twice.sentence == (
        "twice: with its input specification it is right for 50.0 % of 24 images, given pixels in "
        "[0, 1] for 100.0 % of 24 images (McNemar p = 0.002, corrected for 4 readings): the "
        "specification does not fit. Correct its mean and deviation; the network may normalise by "
        "itself."
    )
    assert twice.about == ("twice",)


def test_too_few_images_of_known_class_are_not_asked(tmp_path):
    store = RecordStore(tmp_path)
    (check,) = check_input_range({"m": brighter()}, greys(9, unknown=5), store=store, draw=0)
    assert (check.raised, check.checked) == (False, False)
    assert check.sentence == (
        "m: not checked, for want of 10 images whose class is known (there are 9)."
    )
    assert not store.keys("probes")
