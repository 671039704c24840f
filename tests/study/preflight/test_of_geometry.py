"""Size and crop: planted faults are found, and no alarm is raised where they are right."""

from dataclasses import replace

import pytest
import torch
from tests.study.preflight.planted import PLAIN, SIDE, Stripes, classifier, stripe_images
from torch import nn
from torch.nn.functional import interpolate

from cuelens.study.preflight.of_geometry import geometry_finding, resizing_finding, seen_part
from cuelens.study.preflight.rivals import forwarded, outcome_of


class Middle(nn.Module):
    """Crops its input to the middle and enlarges that."""

    def __init__(self, network: nn.Module, part: float) -> None:
        super().__init__()
        self.network = network
        self.part = part

    def forward(self, images):
        side = images.shape[2]
        edge = round(side * (1 - self.part) / 2)
        middle = images[:, :, edge : side - edge, edge : side - edge]
        return self.network(interpolate(middle, (side, side), mode="bilinear"))


class Small(nn.Module):
    """Makes its input smaller, and larger again."""

    def __init__(self, network: nn.Module, side: int) -> None:
        super().__init__()
        self.network = network
        self.side = side

    def forward(self, images):
        size = images.shape[2:]
        small = interpolate(images, (self.side, self.side), mode="bilinear", antialias=True)
        return self.network(interpolate(small, size, mode="bilinear"))


def finding_of(model, side: int = SIDE):
    images, labels = stripe_images(side=side)
    given = outcome_of(forwarded(model, images), labels)
    return geometry_finding(model, images, labels, given)


def sized(side: int):
    return replace(PLAIN, height=side, width=side)


def test_the_right_size_raises_no_alarm():
    found = finding_of(classifier(Stripes()))
    assert (found.name, found.raised, found.fix) == ("geometry", False, "")
    assert found.numbers["accuracy"] > 0.9
    assert found.numbers["seen"] == 1


@pytest.mark.parametrize(("side", "best"), [(64, "32 x 32"), (16, "32 x 32")])
def test_another_size_is_found(side, best):
    found = finding_of(classifier(Stripes(), sized(side)))
    assert (found.name, found.raised) == ("input-size", True)
    assert found.fix == (
        f"State the size of its training, about {best} pixels, as its input size."
    )  # fmt: skip


def test_a_second_crop_is_found():
    found = finding_of(classifier(Middle(Stripes(), 0.75)))
    assert (found.name, found.raised) == ("double-crop", True)
    assert "The network looks at the central 0.75 of their side." in found.sentence


def test_a_network_of_one_size_is_tried_at_no_other():
    class Rigid(nn.Module):
        def forward(self, images):
            if images.shape[2] != SIDE:
                raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")
            return Stripes()(images)

    found = finding_of(classifier(Rigid()))
    assert not found.raised
    assert not [name for name in found.numbers if "pixels" in name]


@pytest.mark.parametrize("part", [1.0, 0.75, 0.5])
def test_the_part_that_is_seen(part):
    images, _ = stripe_images(8)
    network = Stripes() if part == 1 else Middle(Stripes(), part)
    assert seen_part(classifier(network), images) == part


def test_resizing_inside_behind_a_stated_size_is_found():
    images, _ = stripe_images(4)
    found = resizing_finding(classifier(Small(Stripes(), 16)), images)
    assert found.raised
    assert found.sentence == (
        "from image to network the size goes 32 x 32 to 16 x 16 to 32 x 32, the last inside the "
        "network."
    )
    assert found.fix.startswith("Take the resizing out of the network")


def test_files_that_were_read_too_small_are_found():
    images, _ = stripe_images(4)
    model = classifier(Stripes(), sized(64))
    assert not resizing_finding(model, images).raised
    assert not resizing_finding(model, images, stored=(32, 32)).raised
    found = resizing_finding(model, images, stored=(250, 250))
    assert found.raised
    assert found.fix == "Load the images at 64 x 64 pixels, or correct the stated size."


@pytest.mark.parametrize("stored", [None, (32, 32), (400, 300)])
def test_one_resizing_raises_no_alarm(stored):
    images, _ = stripe_images(4)
    assert not resizing_finding(classifier(Stripes()), images, stored=stored).raised
    smaller = classifier(Stripes(), sized(24))
    assert not resizing_finding(smaller, images, stored=stored).raised


def test_maps_of_features_that_are_resized_are_no_images():
    class Upsampling(nn.Module):
        def forward(self, images):
            features = images.repeat(1, 2, 1, 1)
            return Stripes()(interpolate(features, scale_factor=2)[:, :3, ::2, ::2])

    images, _ = stripe_images(4)
    assert not resizing_finding(classifier(Upsampling()), images).raised
    assert torch.is_grad_enabled()
