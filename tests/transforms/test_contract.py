"""What every transform promises, checked for every transform that is exported."""

import dataclasses
import inspect
import random
from functools import partial

import jaxtyping
import numpy as np
import pytest
import torch

from cuelens import transforms
from cuelens.datasets import ProceduralStyles
from cuelens.errors import ArgumentError, RangeError
from cuelens.randomness import Chance
from cuelens.sources import AdaINWeights  # noqa: F401 - settings are read back by name
from cuelens.transforms import (
    AdaIN,
    AmplitudeSwap,
    BandPass,
    BilateralFilter,
    Brightness,
    ChannelShuffle,
    ChannelStatistics,
    Contrast,
    CriticalBandNoise,
    Edges,
    FourierNoise,
    GaussianBlur,
    Greyscale,
    HighPass,
    HistogramTransfer,
    HueRotation,
    Identity,
    LowPass,
    MaskTransform,
    MatchedContrast,
    MedianFilter,
    NoiseLikeBlur,
    NoiseLikeHighPass,
    NoiseLikeLowPass,
    NonLocalMeans,
    PatchBorders,
    PatchRotation,
    PatchShuffle,
    PhaseScramble,
    RandomFourierFilter,
    Saturation,
    SelfStyled,
    Silhouette,
    Stylised,
    TextureSynthesis,
    Transform,
)

TRANSFORMS: tuple[Transform | MaskTransform | partial, ...] = (
    Identity(),
    Saturation(level=1),
    Saturation(level=3.3),
    Saturation(level=8),
    Saturation(level=1024),
    Contrast(factor=0.3),
    Contrast(factor=2.5),
    MatchedContrast(level=1),
    MatchedContrast(level=8),
    MatchedContrast(level=1024),
    Greyscale(),
    LowPass(cutoff=3),
    NoiseLikeLowPass(cutoff=0),
    NoiseLikeLowPass(cutoff=3),
    NoiseLikeHighPass(cutoff=2),
    NoiseLikeBlur(deviation=1.3),
    HighPass(cutoff=3),
    BandPass(centre=4),
    BandPass(centre=2, octaves=0.5),
    RandomFourierFilter(kept=0.4),
    FourierNoise(row=0, column=3, norm=4.0),
    FourierNoise(row=-2, column=5, norm=1.0),
    CriticalBandNoise(centre=3.5, deviation=0.08),
    CriticalBandNoise(centre=2, deviation=0.3, octaves=2, contrast=1),
    PatchShuffle(patches=2),
    PatchShuffle(patches=5),
    PatchBorders(patches=2),
    PatchBorders(patches=5),
    PatchRotation(patches=2),
    PatchRotation(patches=5),
    Stylised(styles=ProceduralStyles(count=3), working_size=32),
    SelfStyled(working_size=32),
    MedianFilter(radius=1),
    MedianFilter(radius=2),
    BilateralFilter(deviation=1),
    NonLocalMeans(strength=0.2, search_radius=2),
    GaussianBlur(deviation=1.3),
    Edges(),
    Silhouette(),
    PhaseScramble(strength=0.4),
    PhaseScramble(),
    ChannelShuffle(),
    HueRotation(degrees=70),
    Brightness(shift=-0.3),
    Brightness(shift=0.2),
    TextureSynthesis(patch=0.5),
    TextureSynthesis(),
    AmplitudeSwap(styles=ProceduralStyles(count=3)),
    AmplitudeSwap(styles=ProceduralStyles(count=3), strength=0.5, cutoff=3),
    ChannelStatistics(styles=ProceduralStyles(count=3)),
    ChannelStatistics(styles=ProceduralStyles(count=3), strength=0.5),
    HistogramTransfer(styles=ProceduralStyles(count=3)),
    HistogramTransfer(styles=ProceduralStyles(count=3), strength=0.5),
    # What needs files of weights gets some, drawn by chance, from the fixture.
    partial(AdaIN, styles=ProceduralStyles(count=2), working_size=32),
)
NEUTRAL: tuple[Transform, ...] = (
    Identity(),
    Saturation(level=2),
    Contrast(factor=1),
    MatchedContrast(level=2),
    LowPass(cutoff=18),
    NoiseLikeLowPass(cutoff=18),
    NoiseLikeBlur(deviation=0),
    RandomFourierFilter(kept=1),
    FourierNoise(row=1, column=2, norm=0),
    PhaseScramble(strength=0),
    MedianFilter(radius=0),
    BilateralFilter(deviation=0),
    NonLocalMeans(strength=0),
    GaussianBlur(deviation=0),
    HueRotation(degrees=0),
    HueRotation(degrees=-720),
    Brightness(shift=0),
    AmplitudeSwap(strength=0),
    ChannelStatistics(strength=0),
    HistogramTransfer(strength=0),
)


def name_of(transform: Transform | MaskTransform | partial) -> str:
    return transform.func.__name__ if isinstance(transform, partial) else repr(transform)


every_transform = pytest.mark.parametrize("transform", TRANSFORMS, ids=name_of, indirect=True)


@pytest.fixture
def transform(request) -> Transform | MaskTransform:
    if isinstance(request.param, partial):
        return request.param(weights=request.getfixturevalue("adain_weights"))
    return request.param


def made(transform: Transform | MaskTransform, images: torch.Tensor, *, chance: Chance):
    """What a transform makes; one that needs masks gets the bright pixels for the figure."""
    if isinstance(transform, MaskTransform):
        return transform(images, masks=images[..., 0, :, :] > 0.5, chance=chance)
    return transform(images, chance=chance)


def random_images(count: int, height: int, width: int, channels: int = 3) -> torch.Tensor:
    generator = np.random.Generator(np.random.Philox(key=2))
    return torch.from_numpy(generator.random((count, channels, height, width), dtype=np.float32))


def test_every_exported_transform_is_under_contract():
    exported = {
        name
        for name in transforms.__all__
        if inspect.isclass(getattr(transforms, name))
        and name not in ("MaskTransform", "Movement", "Transform")
    }
    assert {name_of(transform).partition("(")[0] for transform in TRANSFORMS} == exported


@every_transform
def test_keeps_the_protocol(transform):
    assert isinstance(transform, Transform)
    assert transform.version >= 1


@every_transform
def test_its_settings_are_all_there_is_to_it(transform):
    assert eval(repr(transform)) == transform  # noqa: S307 - the object is the configuration
    assert hash(dataclasses.replace(transform)) == hash(transform)
    for field in dataclasses.fields(transform):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(transform, field.name, None)


@every_transform
def test_stays_in_range(transform, images, chance):
    out = made(transform, images, chance=chance)
    assert out.amin() >= 0
    assert out.amax() <= 1


@every_transform
def test_changes_something(transform, images, chance):
    changed = (made(transform, images, chance=chance) != images).flatten(1).any(1)
    assert changed.all() or transform == Identity()


@every_transform
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(
    ("height", "width"), [(1, 1), (1, 9), (2, 2), (5, 7), (16, 16), (31, 33), (224, 224)]
)
def test_keeps_shape_and_type_at_every_size(transform, dtype, height, width):
    # A grid needs a pixel for each patch, noise of a band images that hold the band.
    least = 16 if isinstance(transform, CriticalBandNoise) else getattr(transform, "patches", 1)
    images = random_images(2, max(height, least), max(width, least)).to(dtype)
    out = made(transform, images, chance=Chance(0, ("a", "b")))
    assert out.shape == images.shape
    assert out.dtype == dtype
    assert out.amin() >= 0
    assert out.amax() <= 1


@every_transform
def test_takes_greyscale_images(transform, chance):
    images = random_images(12, 16, 16, channels=1)
    assert made(transform, images, chance=chance).shape == images.shape


@every_transform
def test_leaves_its_arguments_alone(transform, images, chance):
    before = images.clone()
    out = made(transform, images, chance=chance)
    out.fill_(0.25)  # not even what it returns shares memory with what it was given
    assert torch.equal(images, before)


@every_transform
def test_takes_images_that_ask_for_gradients(transform, images, chance):
    expected = made(transform, images, chance=chance)
    out = made(transform, images.clone().requires_grad_(), chance=chance)
    assert torch.equal(out.detach(), expected)


@every_transform
def test_global_random_state_is_neither_read_nor_moved(transform, images, chance, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)  # beartype draws by chance
    found = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        np.random.seed(seed)  # noqa: NPY002 - the global state is the point
        random.seed(seed)
        before = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()  # noqa: NPY002
        found.append(made(transform, images, chance=chance))
        after = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()  # noqa: NPY002
        assert torch.equal(before[0], after[0])
        assert before[1:] == after[1:]
    assert torch.equal(*found)


@every_transform
@pytest.mark.parametrize("side", [16, 33])
@pytest.mark.parametrize("size", [1, 5, 64])
def test_an_image_has_the_same_bits_whatever_shares_its_batch(transform, side, size):
    images = random_images(13, side, side)
    chance = Chance(1, tuple(f"image {row}" for row in range(13)))
    whole = made(transform, images, chance=chance)
    for rows in torch.arange(12, -1, -1).split(size):
        part = made(transform, images[rows], chance=chance.take(rows))
        assert torch.equal(part, whole[rows])
    assert torch.equal(
        made(transform, images[::3], chance=chance.take(range(0, 13, 3))), whole[::3]
    )


@every_transform
def test_an_image_has_the_same_bits_on_any_number_of_threads(transform):
    images = random_images(3, 147, 149)
    chance = Chance(1, tuple(f"image {row}" for row in range(3)))
    threads, found = torch.get_num_threads(), []
    try:
        for count in (1, 2):
            torch.set_num_threads(count)
            found.append(made(transform, images, chance=chance))
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(*found)


@every_transform
def test_memory_layout_does_not_matter(transform, images, chance):
    expected = made(transform, images, chance=chance)
    images_last = images.to(memory_format=torch.channels_last)
    assert torch.equal(made(transform, images_last, chance=chance), expected)


@every_transform
def test_no_images_give_no_images(transform):
    out = made(transform, torch.zeros(0, 3, 16, 16), chance=Chance(0, ()))
    assert out.shape == (0, 3, 16, 16)


@every_transform
def test_refuses_images_out_of_range(transform, images, chance):
    with pytest.raises(RangeError) as caught:
        made(transform, images * 255, chance=chance)
    assert str(caught.value) == (
        "`images` must lie in [0, 1], got [0, 255]. Normalise inside the classifier, not before it."
    )


@every_transform
def test_refuses_images_that_are_no_tensor(transform, images, chance, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(ArgumentError) as caught:
        made(transform, images.numpy(), chance=chance)
    assert str(caught.value) == (
        "`images` must be a floating-point tensor of shape (batch, channel, height, width), got a "
        "value of type ndarray. `torch.from_numpy` makes tensors of arrays, `/ 255` pixels of "
        "bytes, `image[None]` a batch of one image."
    )


@every_transform
def test_a_wrong_shape_fails(transform, images, chance):
    with pytest.raises(jaxtyping.TypeCheckError):
        made(transform, images[0], chance=chance)


@pytest.mark.parametrize("transform", NEUTRAL, ids=repr)
def test_the_neutral_setting_changes_nothing(transform, images, chance):
    out = made(transform, images, chance=chance)
    assert torch.equal(out, images)
    assert out.data_ptr() != images.data_ptr()


@pytest.mark.gpu
@every_transform
def test_works_where_the_images_are(transform, images, chance):
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    out = made(transform, images.cuda(), chance=chance)
    assert out.is_cuda
    torch.testing.assert_close(out.cpu(), made(transform, images, chance=chance), rtol=0, atol=1e-6)
