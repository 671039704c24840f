"""A picture is painted as the condition paints it, its own style read once."""

import threading

import pytest
import torch

from cuelens.explore import Controls, Picture
from cuelens.explore.painted import painted_picture, read_styles


@pytest.fixture
def picture() -> Picture:
    pixels = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    return Picture(name="noise", label=None, images=pixels)


def test_without_strength_a_picture_is_not_painted(picture: Picture) -> None:
    assert painted_picture(picture, strength=0, number=3) is picture.images


def test_it_is_the_condition_bit_for_bit_and_reads_the_pictures_own_style_once(
    picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("onnxruntime")
    from cuelens.explore import painted

    expected = {
        strength: Controls(style=strength, picture=2).apply(picture.images)
        for strength in (0.3, 0.8, 1.0)
    }
    read = []

    def styles_of(images: torch.Tensor) -> list[object]:
        read.append(images)
        return original(images)

    original = painted.styles_of
    monkeypatch.setattr(painted, "styles_of", styles_of)
    for strength, images in expected.items():
        assert torch.equal(painted_picture(picture, strength=strength, number=2), images)
    assert len(read) == 1


def test_styles_are_read_ahead_until_the_server_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    from cuelens.explore import painted

    leaving, read = threading.Event(), []

    def style_vectors(_: object, rows: list[int]) -> None:
        read.extend(rows)
        if rows == [2]:
            leaving.set()

    monkeypatch.setattr(painted, "style_vectors", style_vectors)
    read_styles(leaving)
    assert read == [0, 1, 2]
