import base64
import io
import zlib

import pytest
import torch
from PIL import Image

from cuelens.datasets.decoding import quiet_decoding
from cuelens.errors import DataError
from cuelens.explore import read_upload
from cuelens.explore.uploads import MOST_BYTES, read_data_address
from cuelens.randomness import keyed_generator

DAMAGED = (
    "The picture cannot be read: its file is damaged or cut short. Open it in a program that shows "
    "pictures, save it anew as PNG or JPEG, or give another."
)
NONE = "A picture must be one of PNG, JPEG, WEBP, GIF, BMP, got a file that is none. Give another."


def png(width: int = 20, height: int = 20, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), (255, 0, 51)).save(file, kind)
    return file.getvalue()


def address(content: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"


def test_a_dropped_picture_is_its_central_square_in_the_range_of_pixels() -> None:
    with quiet_decoding():
        picture = read_data_address(address(png(30, 20)), name="<b>.png", side=16)
    assert (picture.name, picture.label) == ("<b>.png", None)
    expected = torch.tensor([1.0, 0.0, 0.2])[None, :, None, None].expand(1, 3, 16, 16)
    assert torch.allclose(picture.images, expected)


def bomb() -> bytes:
    """Return a small PNG that claims to be 30,000 pixels wide and high."""
    content = bytearray(png())
    content[16:24] = (30_000).to_bytes(4) + (30_000).to_bytes(4)
    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4)
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", NONE),
        (b"", NONE),
        (png()[:20], DAMAGED),
        (
            b"\0" * (MOST_BYTES + 1),
            "A picture must have at most 10 MiB, got 10.0. Make it smaller.",
        ),
        (
            png(6_000, 5_000, "GIF"),
            "A picture must have at most 25,000,000 pixels, got 30,000,000. Make it smaller.",
        ),
    ],
    ids=["eps", "empty", "cut", "large", "many-pixels"],
)  # fmt: skip
def test_what_is_beyond_the_limits_is_refused_with_a_sentence(content: bytes, message: str) -> None:
    with quiet_decoding(), pytest.raises(DataError) as caught:
        read_upload(content, name="a", side=16)
    assert str(caught.value) == message


def test_a_decompression_bomb_is_refused_by_its_header() -> None:
    with quiet_decoding(), pytest.raises(DataError, match=r"must be one of|at most 25,000,000"):
        read_upload(bomb(), name="a", side=16)


@pytest.mark.parametrize("sent", [None, 3, {}, "/etc/passwd", "file:///etc/passwd",
                                  "http://127.0.0.1/", "data:image/png,abc"])  # fmt: skip
def test_a_path_an_address_or_anything_else_is_no_picture(sent: object) -> None:
    with pytest.raises(DataError) as caught:
        read_data_address(sent, name="a", side=16)
    message = "The page must send a picture as a data address, got something else."
    assert str(caught.value) == message


def test_malformed_pictures_raise_nothing_but_a_sentence() -> None:
    chance = keyed_generator(0, "malformed")
    whole = [png(kind=kind) for kind in ("PNG", "JPEG", "WEBP", "GIF", "BMP")]
    refused = 0
    with quiet_decoding():
        for number in range(300):
            content = bytearray(whole[number % 5])
            for _ in range(chance.integers(1, 9)):
                content[chance.integers(len(content))] = int(chance.integers(256))
            if chance.random() < 0.5:
                del content[chance.integers(len(content)) :]
            try:
                picture = read_upload(bytes(content), name="a", side=16)
            except DataError:
                refused += 1
            else:
                assert picture.images.shape == (1, 3, 16, 16)
    assert refused > 100
