"""Stylising: whose style, at which size, how strong; and its control."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from cuelens.datasets import CueControlled, ProceduralStyles, StyleFolder
from cuelens.errors import ConfigError, DataError
from cuelens.randomness import Chance
from cuelens.sources.style_networks import STYLE_SIDE, style_networks
from cuelens.transforms import SelfStyled, Stylised, style_vectors, working_size
from cuelens.transforms.working_size import resized, to_pixels, working_sides

STYLES = ProceduralStyles(count=3)
IDS = tuple(f"image {row}" for row in range(12))


def painted(image: Tensor, picture: Tensor, sides: tuple[int, int]) -> Tensor:
    """What the networks make of one image, without this package's transforms."""
    networks = style_networks()
    style = networks.style_of(to_pixels(picture))
    pixels = networks.painted(resized(to_pixels(image), *sides), style)
    return torch.from_numpy(resized(pixels, *image.shape[1:])).permute(2, 0, 1)


def test_each_image_is_painted_in_the_style_of_its_own_picture(images, chance):
    transform = Stylised(styles=STYLES, working_size=36)
    out = transform(images, chance=chance)
    rows = transform.rows(chance)
    pictures = STYLES.pictures(rows, size=STYLE_SIDE)
    for image, picture, result in zip(images, pictures, out, strict=True):  # 18 x 20 px
        assert torch.equal(painted(image, picture, (36, 40)), result)


def test_self_styled_images_are_painted_in_the_style_of_their_central_square(images, chance):
    out = SelfStyled(working_size=36)(images, chance=chance)
    for image, result in zip(images, out, strict=True):
        square = resized(to_pixels(image[:, :, 1:19]), STYLE_SIDE, STYLE_SIDE)
        own = torch.from_numpy(square).permute(2, 0, 1)
        assert torch.equal(painted(image, own, (36, 40)), result)


def test_the_picture_of_each_image_is_told_by_name(chance):
    transform = Stylised(styles=STYLES)
    names = [("brick-0", "marbling-1", "strokes-2")[row] for row in transform.rows(chance).tolist()]
    assert transform.style_names(chance) == tuple(names)


def test_at_strength_0_nothing_is_left_of_the_pictures(images, chance):
    none = Stylised(styles=STYLES, working_size=32, strength=0)(images, chance=chance)
    assert torch.equal(none, SelfStyled(working_size=32)(images, chance=chance))


def test_the_style_grows_with_the_strength(images, chance):
    few = images[-3:], chance.take(range(9, 12))
    steps = [
        Stylised(styles=STYLES, working_size=32, strength=strength)(few[0], chance=few[1])
        for strength in (0, 0.25, 0.5, 0.75, 1)
    ]
    away = [float((step - steps[0]).square().mean()) for step in steps]
    assert away == sorted(away)
    assert away[1] > 0


def test_self_styled_images_stay_near_themselves_and_stylised_ones_do_not():
    images = CueControlled(split="test", count=4).images(torch.arange(4))
    chance = Chance(0, IDS[:4])
    own = SelfStyled(working_size=64)(images, chance=chance)
    other = Stylised(styles=STYLES, working_size=64)(images, chance=chance)
    assert (own - images).square().mean() * 5 < (other - images).square().mean()


def test_the_draw_depends_on_seed_and_id_alone_and_takes_every_picture_as_often():
    transform = Stylised(styles=ProceduralStyles(count=4))
    chance = Chance(3, tuple(map(str, range(2_000))))
    rows = transform.rows(chance)
    assert torch.equal(Stylised(styles=ProceduralStyles(count=4), strength=0.5).rows(chance), rows)
    assert torch.equal(transform.rows(chance.take([7, 3])), rows[[7, 3]])
    assert not torch.equal(transform.rows(Chance(4, chance.ids)), rows)
    counts = torch.bincount(rows, minlength=4)
    assert float(((counts - 500.0).square() / 500).sum()) < 16.3  # chi-squared, 3 degrees, p = .001


def test_a_style_is_read_once_however_many_images_have_it(images, chance, tmp_path, monkeypatch):
    for number, colour in enumerate(("red", "green", "blue")):
        Image.new("RGB", (20, 20), colour).save(tmp_path / f"{number}.png")
    styles = StyleFolder(folder=str(tmp_path))
    transform, asked = Stylised(styles=styles, working_size=32), []
    plain = StyleFolder.pictures

    def counted(self: StyleFolder, rows: Tensor, *, size: int) -> Tensor:
        asked.extend(rows.tolist())
        return plain(self, rows, size=size)

    monkeypatch.setattr(StyleFolder, "pictures", counted)
    first = transform(images, chance=chance)
    assert sorted(asked) == sorted(set(transform.rows(chance).tolist()))
    assert torch.equal(transform(images, chance=chance), first)
    assert len(asked) <= 3
    Image.new("RGB", (20, 20), "white").save(tmp_path / "0.png")  # another content, another style
    renewed = Stylised(styles=StyleFolder(folder=str(tmp_path)), working_size=32)
    assert renewed == transform
    assert not torch.equal(renewed(images, chance=chance), first)


def test_no_more_styles_are_remembered_than_are_said(monkeypatch):
    monkeypatch.setattr(style_vectors, "_MOST", 2)
    found = style_vectors.style_vectors(ProceduralStyles(count=4, seed=9), range(4))
    assert sorted(found) == [0, 1, 2, 3]
    assert len(style_vectors._KNOWN) == 2
    again = style_vectors.style_vectors(ProceduralStyles(count=4, seed=9), [0])
    assert np.array_equal(again[0], found[0])


@pytest.mark.parametrize(
    ("height", "width", "sides"),
    [
        (32, 32, (64, 64)),
        (100, 200, (64, 128)),
        (300, 200, (96, 64)),
        (1, 1, (64, 64)),
        (2, 500, (64, 256)),
    ],
)
def test_the_shorter_side_gets_the_working_size_and_the_longer_its_proportion(height, width, sides):
    assert working_sides(height, width, 64) == sides


def test_resizing_is_that_of_pillow_and_its_own_size_changes_nothing():
    generator = np.random.Generator(np.random.Philox(key=1))
    image = generator.integers(100, 150, (24, 36, 3), dtype=np.uint8)  # nothing is cut
    expected = Image.fromarray(image).resize((60, 50), Image.Resampling.BICUBIC)
    pixels = image.astype(np.float32) / 255
    assert (
        np.abs(resized(pixels, 50, 60) * 255 - np.asarray(expected)).max() < 1.5
    )  # Pillow rounds twice
    assert resized(pixels, 24, 36) is pixels


def test_grey_images_stay_grey(chance):
    generator = np.random.Generator(np.random.Philox(key=2))
    grey = torch.from_numpy(generator.random((12, 1, 16, 16), dtype=np.float32))
    out = Stylised(styles=STYLES, working_size=32)(grey, chance=chance)
    colour = Stylised(styles=STYLES, working_size=32)(grey.repeat(1, 3, 1, 1), chance=chance)
    weights = torch.tensor((0.299, 0.587, 0.114))[None, :, None, None]
    torch.testing.assert_close(out, (colour * weights).sum(1, keepdim=True))


def test_a_failure_on_one_thread_is_raised_and_the_rest_is_left():
    done = []

    def work(place: int) -> Tensor:
        done.append(place)
        if place == 1:
            raise DataError("planted")
        return torch.zeros(1, 1, 1)

    with pytest.raises(DataError, match="planted"):
        working_size.for_each(torch.zeros(10_000, 1, 1, 1), work)
    assert len(done) < 10_000


@pytest.mark.parametrize("kind", [Stylised, SelfStyled])
@pytest.mark.parametrize("size", [31, 1025])
def test_a_working_size_out_of_range_is_refused(kind, size):
    with pytest.raises(ConfigError) as caught:
        kind(working_size=size)
    assert str(caught.value) == (
        f"`working_size` must be 32 to 1024 pixels (the networks were trained at 256), got {size}."
    )


@pytest.mark.parametrize("strength", [-0.1, 1.5, float("nan")])
def test_a_strength_out_of_range_is_refused(strength):
    with pytest.raises(ConfigError) as caught:
        Stylised(strength=strength)
    assert str(caught.value) == (
        f"`strength` must be 0 (the image's own style) to 1 (the picture's), got {strength:g}."
    )


def test_images_of_other_channels_and_chance_of_other_images_are_refused(chance):
    with pytest.raises(DataError) as caught:
        SelfStyled(working_size=32)(torch.zeros(12, 4, 8, 8), chance=chance)
    assert str(caught.value) == (
        "`images` must have 3 channels (red, green, blue) or 1, got 4. Convert them before."
    )
    with pytest.raises(ConfigError) as wrong:
        Stylised()(torch.zeros(3, 3, 8, 8), chance=chance)
    assert str(wrong.value) == (
        "`chance` must have one entry an image, expected 3, got 12. "
        "Cut all arguments to the same images."
    )


def test_a_folder_of_styles_is_named_in_the_settings(tmp_path: Path):
    Image.new("RGB", (8, 8), "red").save(tmp_path / "red.png")
    transform = Stylised(styles=StyleFolder(folder=str(tmp_path)))
    assert repr(transform) == (
        f"Stylised(styles=StyleFolder(folder={str(tmp_path)!r}), working_size=256, strength=1.0)"
    )
