"""The front end is the transform `LowPass`, with a gradient."""

import pytest
import torch

from cuelens.errors import ConfigError
from cuelens.networks import Classifier, InputSpecification
from cuelens.networks.fast_path import FastPath
from cuelens.networks.low_pass_front import low_passed
from cuelens.randomness import Chance
from cuelens.sources import build_network
from cuelens.spectra import split
from cuelens.transforms import LowPass

CHANCE = Chance(0, tuple("abcd"))
IMAGES = CHANCE.uniform((3, 16, 16), method="test")
SOFT = 0.4 + 0.2 * IMAGES  # rings within [0, 1]


@pytest.mark.parametrize("cutoff", [0.0, 1.0, 3.5, 8.0, 20.0])
@pytest.mark.parametrize("shape", [(16, 16), (7, 9)])
def test_it_keeps_the_low_part_of_the_split(cutoff, shape):
    images = CHANCE.uniform((3, *shape), method="test")
    torch.testing.assert_close(low_passed(images, cutoff), split(images, cutoff)[0])


def test_where_nothing_rings_it_is_the_transform():
    expected = LowPass(cutoff=4.0)(SOFT, chance=CHANCE)
    torch.testing.assert_close(low_passed(SOFT, 4.0), expected)


def test_twice_is_once():
    once = low_passed(IMAGES, 4.0)
    torch.testing.assert_close(low_passed(once, 4.0), once)


def test_beyond_the_last_frequency_images_are_as_they_are():
    assert torch.equal(low_passed(IMAGES, 11.4), IMAGES)


def test_no_images_are_no_images():
    assert low_passed(IMAGES[:0], 4.0).shape == (0, 3, 16, 16)


def test_the_gradient_is_the_filter_itself():
    """The filter is symmetric: the gradient of a product with w is w behind the filter."""
    images = IMAGES.clone().requires_grad_()
    weights = CHANCE.normal((3, 16, 16), method="weights")
    (low_passed(images, 3.0) * weights).sum().backward()
    torch.testing.assert_close(images.grad, low_passed(weights, 3.0))


def test_a_specification_filters_before_it_normalises():
    specification = InputSpecification(mean=(0.5,) * 3, deviation=(0.2,) * 3, low_pass=3.0)
    torch.testing.assert_close(specification.prepare(IMAGES), (low_passed(IMAGES, 3.0) - 0.5) / 0.2)


def test_a_specification_filters_what_the_network_reads():
    specification = InputSpecification(height=8, width=8, low_pass=2.0)
    plain = InputSpecification(height=8, width=8)
    expected = low_passed(plain.prepare(IMAGES), 2.0)
    torch.testing.assert_close(specification.prepare(IMAGES), expected)


def behind(cutoff: float | None) -> Classifier:
    network = build_network("small-resnet", classes=3, seed=0).eval()
    specification = InputSpecification(low_pass=cutoff)
    return Classifier(network, class_names=("a", "b", "c"), specification=specification)


def test_a_classifier_sees_nothing_above_its_cutoff():
    classifier = behind(3.0)
    with torch.no_grad():
        low = classifier(split(IMAGES, 3.0)[0])
        torch.testing.assert_close(classifier(IMAGES), low, rtol=1e-4, atol=1e-5)
        assert not torch.allclose(behind(None)(IMAGES), classifier(IMAGES))


def test_the_fast_path_has_the_filter():
    fast = FastPath(behind(3.0), precision=torch.float32).classifier
    with torch.no_grad():
        torch.testing.assert_close(fast(IMAGES), behind(3.0)(IMAGES), rtol=1e-4, atol=1e-5)


def test_a_fingerprint_names_the_filter():
    names = {behind(cutoff).fingerprint() for cutoff in (None, 3.0, 4.0)}
    assert len(names) == 3


def test_a_specification_without_a_filter_is_named_as_before():
    assert repr(InputSpecification(height=32, width=48)) == (
        "InputSpecification(height=32, width=48, mean=(0.0, 0.0, 0.0), deviation=(1.0, 1.0, 1.0))"
    )
    assert repr(InputSpecification(low_pass=2.5)).endswith("(1.0, 1.0, 1.0), low_pass=2.5)")


@pytest.mark.parametrize("cutoff", [-1.0, float("inf"), float("nan")])
def test_a_cutoff_that_is_none_is_refused(cutoff):
    with pytest.raises(ConfigError) as caught:
        InputSpecification(low_pass=cutoff)
    assert str(caught.value) == (
        f"`low_pass` must be a finite cutoff of at least 0 cycles per image, got {cutoff}. "
        "Leave it out for no filter."
    )


def test_networks_take_gradients_through_the_filter():
    images = IMAGES.clone().requires_grad_()
    behind(3.0)(images).sum().backward()
    low, high = split(images.grad, 3.0)
    assert low.abs().max() > 1e-4 * images.grad.abs().max()
    assert high.abs().max() < 1e-4 * low.abs().max()
