"""What becomes of image files of every kind."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from cuelens.datasets import read_image
from cuelens.datasets.decoding import Decoded, UnreadableError, decode, quiet_decoding
from cuelens.errors import DataError, MissingDataError

SIDE = 24


def picture(width: int = SIDE, height: int = SIDE) -> Image.Image:
    generator = np.random.Generator(np.random.Philox(key=5))
    coarse = generator.integers(0, 256, (4, 4, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def saved(image: Image.Image, kind: str = "PNG", **settings: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **settings)
    return file.getvalue()


def read(content: bytes, size: int = SIDE) -> Decoded:
    with quiet_decoding():
        return decode(content, size=size)


def pixels_of(image: Image.Image) -> torch.Tensor:
    return torch.from_numpy(np.asarray(image.convert("RGB")).transpose(2, 0, 1).copy())


def reason(content: bytes) -> str:
    with pytest.raises(UnreadableError) as caught:
        read(content)
    return str(caught.value)


def png_header(width: int, height: int) -> bytes:
    """Return a PNG file that claims a size and holds next to nothing."""

    def chunk(name: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + checksum

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 100)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM"])
def test_lossless_colour_comes_through_unchanged(kind):
    decoded = read(saved(picture(), kind))
    assert decoded.conversions == ()
    assert torch.equal(decoded.pixels, pixels_of(picture()))


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_lossy_colour_comes_through_nearly_unchanged(kind):
    decoded = read(saved(picture(), kind, quality=95))
    assert decoded.conversions == ()
    change = decoded.pixels.float() - pixels_of(picture()).float()
    assert float(change.abs().mean()) < 6


def test_greyscale_gets_three_equal_channels():
    grey = picture().convert("L")
    decoded = read(saved(grey))
    assert decoded.conversions == ("greyscale converted to RGB",)
    assert torch.equal(decoded.pixels, pixels_of(grey))


def test_black_and_white_is_converted():
    decoded = read(saved(picture().convert("1")))
    assert decoded.conversions == ("black and white converted to RGB",)
    assert set(decoded.pixels.unique().tolist()) == {0, 255}


def test_palette_is_looked_up():
    palette = picture().quantize(16)
    decoded = read(saved(palette))
    assert decoded.conversions == ("palette converted to RGB",)
    assert torch.equal(decoded.pixels, pixels_of(palette))


def test_transparency_is_laid_on_white():
    clear = picture().convert("RGBA")
    clear.putalpha(0)
    decoded = read(saved(clear))
    assert decoded.conversions == ("transparent parts laid on white",)
    assert (decoded.pixels == 255).all()


def test_palette_with_transparency_is_laid_on_white():
    palette = Image.new("P", (SIDE, SIDE), 1)
    palette.putpalette([0, 0, 0, 10, 20, 30])
    decoded = read(saved(palette, transparency=1))
    assert decoded.conversions == ("transparent parts laid on white",)
    assert (decoded.pixels == 255).all()


def test_sixteen_bits_are_scaled_and_not_clipped():
    steps = np.linspace(0, 65535, SIDE * SIDE).astype(np.uint16).reshape(SIDE, SIDE)
    decoded = read(saved(Image.fromarray(steps)))
    assert decoded.conversions == ("16-bit greyscale divided by 65,535",)
    expected = torch.from_numpy(np.rint(steps / 257).astype(np.uint8))
    assert all(torch.equal(channel, expected) for channel in decoded.pixels)


def test_sixteen_bits_in_tiff_are_scaled_too():
    steps = np.full((SIDE, SIDE), 32768, dtype=np.uint16)
    decoded = read(saved(Image.fromarray(steps), "TIFF"))
    assert decoded.conversions == ("16-bit greyscale divided by 65,535",)
    assert decoded.pixels.unique().tolist() == [128]


def test_cmyk_is_converted():
    decoded = read(saved(picture().convert("CMYK"), "JPEG", quality=95))
    assert decoded.conversions == ("CMYK converted to RGB",)
    change = decoded.pixels.float() - pixels_of(picture()).float()
    assert float(change.abs().mean()) < 6


def test_first_frame_of_an_animation_is_read():
    frames = [Image.new("RGB", (SIDE, SIDE), colour) for colour in ("red", "blue", "lime")]
    content = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    decoded = read(content)
    assert decoded.conversions[0] == "first of 3 frames"
    assert torch.equal(decoded.pixels, pixels_of(frames[0]))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation):
    stored = picture()
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned = {
        1: lambda pixels: pixels,
        2: lambda pixels: pixels.flip(2),
        3: lambda pixels: pixels.flip(1, 2),
        4: lambda pixels: pixels.flip(1),
        5: lambda pixels: pixels.transpose(1, 2),
        6: lambda pixels: pixels.transpose(1, 2).flip(2),
        7: lambda pixels: pixels.transpose(1, 2).flip(1, 2),
        8: lambda pixels: pixels.transpose(1, 2).flip(1),
    }[orientation]
    decoded = read(saved(stored, exif=exif))
    assert torch.equal(decoded.pixels, turned(pixels_of(stored)))
    said = (f"turned upright (EXIF orientation {orientation})",) if orientation > 1 else ()
    assert decoded.conversions == said


@pytest.mark.parametrize(("width", "height"), [(60, 20), (20, 60), (21, 20)])
def test_the_central_square_is_kept(width, height):
    left, top = (width - 20) // 2, (height - 20) // 2
    centre = picture(width, height).crop((left, top, left + 20, top + 20))
    decoded = read(saved(picture(width, height)), size=20)
    change = (decoded.pixels.float() - pixels_of(centre).float()).abs()
    assert float(change.max()) <= (0 if (width - height) % 2 == 0 else 60)


def test_large_images_are_averaged_and_not_sampled():
    board = np.indices((96, 96)).sum(0) % 2 * 255
    decoded = read(saved(Image.fromarray(board.astype(np.uint8))), size=24)
    assert (decoded.pixels.float() - 127.5).abs().max() < 10


def test_small_images_are_enlarged():
    assert read(saved(picture(3, 5)), size=24).pixels.shape == (3, 24, 24)


def test_empty_file_is_unreadable():
    assert reason(b"") == "the file is empty"


def test_something_else_is_unreadable():
    assert reason(b"<html>not found</html>") == "it is no image of a known format"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP"])
def test_truncated_file_is_unreadable(kind):
    content = saved(picture(200, 200), kind)
    assert reason(content[: len(content) // 2]).startswith("it is damaged (")


@pytest.mark.parametrize("side", [10_000, 20_000, 60_000])
def test_huge_image_is_unreadable(side):
    assert reason(png_header(side, side)) == (
        "it has more than 89,478,485 pixels; resize it if it is no decompression bomb"
    )


def test_numbers_without_a_range_are_unreadable():
    floats = Image.fromarray(np.ones((SIDE, SIDE), dtype=np.float32))
    assert reason(saved(floats, "TIFF")) == (
        "its floating-point numbers state no range; save it with 8 or 16 bits"
    )
    whole = Image.fromarray(np.ones((SIDE, SIDE), dtype=np.int32))
    assert reason(saved(whole, "TIFF")) == (
        "its 32-bit whole numbers state no range; save it with 8 or 16 bits"
    )


def test_noise_is_refused_and_never_crashes():
    generator = np.random.Generator(np.random.Philox(key=1))
    for kind in ("PNG", "JPEG", "GIF", "TIFF", "WEBP", "BMP", "PPM"):
        content = np.frombuffer(saved(picture(), kind), dtype=np.uint8)
        for _ in range(30):
            damaged = content.copy()
            places = generator.integers(0, len(content), 6)
            damaged[places] = generator.integers(0, 256, 6, dtype=np.uint8)
            try:
                decoded = read(damaged.tobytes())
            except UnreadableError:
                continue
            assert decoded.pixels.shape == (3, SIDE, SIDE)


def test_one_file_is_read_by_its_path(tmp_path: Path):
    picture().save(tmp_path / "one.png")
    assert torch.equal(read_image(tmp_path / "one.png", size=SIDE), pixels_of(picture()))


def test_missing_file_is_named(tmp_path: Path):
    path = tmp_path / "none.png"
    with pytest.raises(MissingDataError) as caught:
        read_image(path, size=SIDE)
    assert str(caught.value) == f"Expected an image at `{path}`, but no such file exists."


def test_unreadable_file_is_named(tmp_path: Path):
    path = tmp_path / "empty.png"
    path.touch()
    with pytest.raises(DataError) as caught:
        read_image(path, size=SIDE)
    assert str(caught.value) == (
        f"`{path}` must be an image that can be read, but the file is empty. Give another file."
    )


def test_without_a_size_an_image_keeps_its_own():
    image = picture(31, 17)
    with quiet_decoding():
        assert torch.equal(decode(saved(image), size=None).pixels, pixels_of(image))
