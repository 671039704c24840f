"""AdaIN between two networks drawn by chance: what does not depend on the weights."""

import dataclasses
import math

import numpy as np
import pytest
import torch

from cuelens import transforms
from cuelens.datasets import ProceduralStyles, StyleFolder
from cuelens.errors import ConfigError, DataError
from cuelens.networks.adain import restyled, statistics
from cuelens.randomness import Chance
from cuelens.study.plan.schema import build, choice, exported
from cuelens.tensors import Images
from cuelens.transforms import AdaIN, Stylised, Transform
from cuelens.transforms.style_choice import drawn_rows

STYLES = ProceduralStyles(count=3)


def pictures(count: int, height: int = 32, width: int = 32) -> Images:
    noise = np.random.Generator(np.random.Philox(key=5)).random((count, 3, height, width))
    return torch.from_numpy(noise).float()


def chances(count: int) -> Chance:
    return Chance(1, tuple(f"image {row}" for row in range(count)))


@pytest.fixture
def adain(adain_weights) -> AdaIN:
    return AdaIN(weights=adain_weights, styles=STYLES, working_size=32)


def through_torch(adain: AdaIN, images: Images, styles: Images) -> Images:
    """Return what the definition says, by torch's own layers."""
    with torch.no_grad():
        encode, decode = adain.weights.encoder_network, adain.weights.decoder_network
        features = encode(images)
        other = restyled(features, statistics(encode(styles)))
        mixed = features + adain.strength * (other - features)
        return decode(mixed).clamp(0, 1)


@pytest.mark.parametrize("strength", [0.0, 0.4, 1.0])
def test_an_image_is_encoded_restyled_and_decoded(adain, strength):
    adain, images, chance = dataclasses.replace(adain, strength=strength), pictures(3), chances(3)
    styles = STYLES.pictures(drawn_rows(STYLES, chance), size=32)
    expected = through_torch(adain, images, styles)
    torch.testing.assert_close(adain(images, chance=chance), expected, rtol=0, atol=1e-4)


def test_at_strength_zero_no_picture_is_looked_at(adain):
    none = dataclasses.replace(adain, strength=0.0)
    other = dataclasses.replace(none, styles=ProceduralStyles(count=2, seed=7))
    images, chance = pictures(2), chances(2)
    assert torch.equal(none(images, chance=chance), other(images, chance=chance))
    assert not torch.equal(none(images, chance=chance), adain(images, chance=chance))


def test_the_style_of_an_image_itself_is_the_reconstruction(adain, tmp_path):
    from PIL import Image

    pixels = pictures(1).mul(255).round()
    Image.fromarray(pixels[0].permute(1, 2, 0).byte().numpy()).save(tmp_path / "it.png")
    own = dataclasses.replace(adain, styles=StyleFolder(folder=str(tmp_path)))
    images = pixels / 255
    found = own(images, chance=chances(1))
    plain = dataclasses.replace(own, strength=0.0)(images, chance=chances(1))
    torch.testing.assert_close(found, plain, rtol=0, atol=1e-4)


def test_features_of_the_result_before_decoding_have_the_pictures_style(adain):
    image, style = (adain.encoded(each.permute(1, 2, 0).numpy()) for each in pictures(2))
    out = restyled(image.double(), statistics(style))
    lively = style.flatten(2).std(2)[0] > 0.1
    assert lively.sum() > 50
    for of in (lambda each: each.mean(2), lambda each: each.std(2)):
        found, wanted = of(out.flatten(2))[0, lively], of(style.double().flatten(2))[0, lively]
        alive = image.flatten(2).std(2)[0, lively] > 0.1  # what is flat takes no deviation
        torch.testing.assert_close(found[alive], wanted[alive], rtol=2e-3, atol=1e-5)


def test_the_style_of_an_image_is_drawn_as_for_every_other_method(adain):
    assert torch.equal(adain.rows(chances(20)), Stylised(styles=STYLES).rows(chances(20)))


@pytest.mark.parametrize(("height", "width"), [(32, 32), (20, 30), (33, 9)])
def test_sides_that_are_no_multiples_of_eight_are_kept(adain, height, width):
    out = adain(pictures(1, height, width), chance=chances(1))
    assert out.shape == (1, 3, height, width)


def test_grey_images_stay_grey(adain):
    out = adain(pictures(1)[:, :1], chance=chances(1))
    assert out.shape == (1, 1, 32, 32)


def test_a_style_folder_that_changes_gives_another_style(adain, tmp_path):
    """Styles are remembered by what they show, not by where they lie."""
    from PIL import Image

    images, chance, found = pictures(1), chances(1), []
    for seed in (0, 1):
        pixels = ProceduralStyles(count=1, seed=seed).pictures(torch.tensor([0]), size=64)
        picture = pixels[0].mul(255).byte().permute(1, 2, 0).numpy()
        Image.fromarray(picture).save(tmp_path / "style.png")
        styles = StyleFolder(folder=str(tmp_path))
        found.append(dataclasses.replace(adain, styles=styles)(images, chance=chance))
    assert not torch.equal(*found)


def test_a_study_file_names_it_with_its_files(adain):
    form = choice("Transform", exported(transforms, Transform), levels=True)
    weights = {"encoder": adain.weights.encoder, "decoder": adain.weights.decoder}
    styles = {"ProceduralStyles": {"count": 3}}
    written = {"weights": weights, "styles": styles, "working_size": 32}
    assert build(form.model_validate({"AdaIN": written})) == adain


def test_images_of_other_channels_are_refused(adain, images, chance):
    with pytest.raises(DataError) as caught:
        adain(torch.cat([images, images[:, :1]], 1), chance=chance)
    assert str(caught.value) == (
        "`images` must have 3 channels (red, green, blue) or 1, got 4. Convert them before."
    )


@pytest.mark.parametrize("strength", [-0.1, 1.5, math.nan])
def test_a_strength_out_of_range_is_refused(adain, strength):
    with pytest.raises(ConfigError) as caught:
        dataclasses.replace(adain, strength=strength)
    assert str(caught.value) == (
        f"`strength` must be 0 (encoded and decoded alone) to 1 (the picture's style), "
        f"got {strength:g}."
    )


def test_a_working_size_out_of_range_is_refused(adain):
    with pytest.raises(ConfigError) as caught:
        dataclasses.replace(adain, working_size=16)
    assert str(caught.value) == (
        "`working_size` must be 32 to 1024 pixels (the networks were trained at 256), got 16."
    )
