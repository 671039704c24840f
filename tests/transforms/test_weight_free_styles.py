"""Styles without a network: what is taken from the picture, and what stays of the image."""

import math

import jaxtyping
import numpy as np
import pytest
import torch

from cuelens.datasets import ProceduralStyles, StyleFolder
from cuelens.errors import ConfigError, DataError
from cuelens.randomness import Chance
from cuelens.spectra import split
from cuelens.transforms import AmplitudeSwap, ChannelStatistics, HistogramTransfer, Stylised
from cuelens.transforms.histogram_transfer import match_histograms
from cuelens.transforms.style_choice import drawn_pictures, drawn_rows

STYLES = ProceduralStyles(count=5)
METHODS = (AmplitudeSwap, ChannelStatistics, HistogramTransfer)
every_method = pytest.mark.parametrize("method", METHODS)


class Faint:
    """Pictures of so little contrast that nothing is clipped; its first is the image itself."""

    ids = ("a", "b", "c")
    fingerprint = "0" * 32

    def __len__(self) -> int:
        return 3

    def pictures(self, rows: torch.Tensor, *, size: int) -> torch.Tensor:
        noise = np.random.Generator(np.random.Philox(key=6)).random((3, 3, size, size))
        noise *= np.array((0.01, 0.02, 0.03))[:, None, None]
        return torch.from_numpy(0.5 + noise).float()[rows]


class Itself:
    """The images themselves, whichever is asked for."""

    ids = ("image",)
    fingerprint = "1" * 32

    def __init__(self, image: torch.Tensor) -> None:
        self.image = image

    def __len__(self) -> int:
        return 1

    def pictures(self, rows: torch.Tensor, *, size: int) -> torch.Tensor:
        return self.image.expand(len(rows), -1, -1, -1)


def faint_images(count: int, size: int = 16) -> torch.Tensor:
    noise = np.random.Generator(np.random.Philox(key=7)).random((count, 3, size, size))
    return torch.from_numpy(0.45 + 0.02 * noise).float()


def chances(count: int) -> Chance:
    return Chance(2, tuple(f"image {row}" for row in range(count)))


@every_method
def test_the_style_of_an_image_is_drawn_as_for_every_other_method(method):
    rows = method(styles=STYLES).rows(chances(40))
    assert torch.equal(rows, Stylised(styles=STYLES).rows(chances(40)))
    assert set(rows.tolist()) == set(range(5))


def test_pictures_have_the_size_and_channels_of_the_images():
    like = torch.zeros(4, 3, 12, 20)
    pictures = drawn_pictures(STYLES, chances(4), like=like)
    whole = STYLES.pictures(drawn_rows(STYLES, chances(4)), size=20)
    assert torch.equal(pictures, whole[:, :, 4:16])
    grey = drawn_pictures(STYLES, chances(4), like=like[:, :1].double())
    weights = torch.tensor([0.299, 0.587, 0.114])[:, None, None]
    assert grey.dtype == torch.float64
    torch.testing.assert_close(grey.float(), (pictures * weights).sum(1, keepdim=True))


@every_method
def test_the_style_of_an_image_itself_changes_nothing(method):
    images = faint_images(1)
    out = method(styles=Itself(images))(images, chance=chances(1))
    torch.testing.assert_close(out, images, rtol=0, atol=1e-6)


@every_method
def test_a_strength_is_a_share_of_the_way(method):
    images = faint_images(4)
    whole = method(styles=Faint())(images, chance=chances(4))
    half = method(styles=Faint(), strength=0.5)(images, chance=chances(4))
    torch.testing.assert_close(half, (images + whole) / 2, rtol=0, atol=1e-6)
    assert float((whole - images).abs().mean()) > 0.01


def test_amplitudes_are_the_pictures_and_phases_the_images():
    images = faint_images(4).double()
    out = AmplitudeSwap(styles=Faint())(images, chance=chances(4))
    pictures = drawn_pictures(Faint(), chances(4), like=images)
    got, own, other = (np.fft.fft2(each.numpy()) for each in (out, images, pictures))
    np.testing.assert_allclose(np.abs(got), np.abs(other), atol=1e-9)
    np.testing.assert_allclose(got * own.conj(), np.abs(got) * np.abs(own), atol=1e-9)


def test_amplitudes_are_mixed_by_the_strength():
    images = faint_images(4).double()
    out = AmplitudeSwap(styles=Faint(), strength=0.3)(images, chance=chances(4))
    pictures = drawn_pictures(Faint(), chances(4), like=images)
    got, own, other = (np.abs(np.fft.fft2(each.numpy())) for each in (out, images, pictures))
    np.testing.assert_allclose(got, 0.7 * own + 0.3 * other, atol=1e-9)


def test_above_the_cutoff_an_image_keeps_its_amplitudes():
    images = faint_images(4).double()
    out = AmplitudeSwap(styles=Faint(), cutoff=3)(images, chance=chances(4))
    whole = AmplitudeSwap(styles=Faint())(images, chance=chances(4))
    torch.testing.assert_close(split(out, 3)[1], split(images, 3)[1], rtol=0, atol=1e-12)
    torch.testing.assert_close(split(out, 3)[0], split(whole, 3)[0], rtol=0, atol=1e-12)


def test_mean_and_deviation_are_the_pictures():
    images = faint_images(4).double()
    out = ChannelStatistics(styles=Faint())(images, chance=chances(4))
    pictures = drawn_pictures(Faint(), chances(4), like=images)
    for of in (torch.mean, lambda each, axes: each.std(axes, correction=0)):
        torch.testing.assert_close(of(out, (2, 3)), of(pictures, (2, 3)), rtol=0, atol=1e-12)
    assert torch.corrcoef(torch.stack([out[0, 0].ravel(), images[0, 0].ravel()]))[0, 1] > 0.999999


def test_a_flat_channel_takes_the_mean_alone():
    flat = torch.full((1, 3, 16, 16), 0.2)
    out = ChannelStatistics(styles=Faint())(flat, chance=chances(1))
    means = drawn_pictures(Faint(), chances(1), like=flat).mean((2, 3), keepdim=True)
    torch.testing.assert_close(out, means.expand_as(out))


@pytest.mark.parametrize("method", [AmplitudeSwap, ChannelStatistics])
def test_what_is_clipped_is_counted(method):
    images, chance, method = faint_images(16), chances(16), method(styles=STYLES)
    share = method.clipped_share(images, chance=chance)
    out = method(images, chance=chance)
    at_border = ((out == 0) | (out == 1)).flatten(1).float().mean(1)
    assert float(share.max()) > 0.01
    torch.testing.assert_close(at_border, share, rtol=0, atol=1e-6)
    none = type(method)(styles=Faint()).clipped_share(images, chance=chance)
    assert not none.any()


def test_sorted_values_are_the_pictures():
    images, chance = faint_images(4), chances(4)
    out = HistogramTransfer(styles=STYLES)(images, chance=chance)
    pictures = drawn_pictures(STYLES, chance, like=images)
    assert torch.equal(out.flatten(2).sort().values, pictures.flatten(2).sort().values)


def test_the_order_of_pixels_stays_and_equal_ones_are_told_apart_by_place():
    image = torch.tensor([[0.5, 0.1], [0.5, 0.9]])[None, None]
    picture = torch.tensor([[1.0, 0.2], [0.8, 0.4]])[None, None]
    expected = torch.tensor([[0.4, 0.2], [0.8, 1.0]])[None, None]
    assert torch.equal(match_histograms(image, picture), expected)


@every_method
@pytest.mark.parametrize("strength", [-0.1, 1.5, math.nan])
def test_a_strength_out_of_range_is_refused(method, strength):
    with pytest.raises(ConfigError) as caught:
        method(strength=strength)
    assert str(caught.value) == (
        f"`strength` must lie in [0, 1] (0 changes nothing, 1 takes all of the style), "
        f"got {strength:g}."
    )


def test_a_cutoff_below_zero_is_refused():
    with pytest.raises(ConfigError) as caught:
        AmplitudeSwap(cutoff=-1)
    assert str(caught.value) == (
        "`cutoff` must be a finite number of at least 0 cycles per image, got -1."
    )


@every_method
def test_images_of_other_channels_are_refused(method, images, chance):
    with pytest.raises(DataError) as caught:
        method(styles=STYLES)(torch.cat([images, images[:, :1]], 1), chance=chance)
    assert str(caught.value) == (
        "`images` must have 3 channels (red, green, blue) or 1, got 4. Convert them before."
    )


@every_method
def test_chance_of_other_images_is_refused(method, images, chance, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(ConfigError) as caught:
        method(styles=STYLES)(images, chance=chance.take([0]))
    assert str(caught.value) == (
        "`chance` must have one entry an image, expected 12, got 1. "
        "Cut all arguments to the same images."
    )


@every_method
def test_styles_may_be_a_folder(method, images, chance, tmp_path):
    from PIL import Image

    for name, colour in (("a.png", (200, 30, 30)), ("b.png", (20, 60, 220))):
        Image.new("RGB", (40, 30), colour).save(tmp_path / name)
    made = method(styles=StyleFolder(folder=str(tmp_path)))
    assert set(made.rows(chance).tolist()) == {0, 1}
    assert made(images, chance=chance).shape == images.shape
