"""Strips: pictures without loss, and each model's own where they differ."""

import base64
import io
from collections.abc import Callable

import numpy as np
import pytest
import torch
from PIL import Image

from cuelens.evaluation import Strips
from cuelens.report import ReportData, strips_of
from cuelens.report.figures import png_of
from cuelens.report.strips import columns_of, picture_uri, rows_of, strip_svg

MODELS = ["standard", "adversarial", "underfit"]


@pytest.mark.parametrize("kind", ["WEBP", "PNG"])
@pytest.mark.parametrize("shape", [(5, 7, 3), (5, 7)])
def test_a_picture_is_kept_without_loss(kind: str, shape: tuple[int, ...]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    head, _, content = picture_uri(picture, kind=kind).partition(",")
    assert head == f"data:image/{kind.lower()};base64"
    image = Image.open(io.BytesIO(base64.b64decode(content)))
    mode = "RGB" if len(shape) == 3 else "L"
    assert np.array_equal(np.asarray(image.convert(mode)), picture)


def test_pixels_are_repeated_for_viewers_that_would_blur_them() -> None:
    picture = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    content = picture_uri(picture, kind="PNG", side=5).partition(",")[2]
    image = np.asarray(Image.open(io.BytesIO(base64.b64decode(content))))
    assert image.shape == (6, 6, 3)
    assert np.array_equal(image[::3, ::3], picture)


def test_a_column_has_one_picture_only_where_all_models_saw_the_same(
    plant: Callable[..., ReportData],
) -> None:
    columns = columns_of(plant().strips[0])
    assert [column.condition for column in columns] == [
        "clean", "saturation=8", "shuffle=4", "pgd-linf-8/255",
    ]  # fmt: skip
    assert [column.picture is None for column in columns] == [False, False, False, True]


def test_rows_follow_the_study_and_leave_gaps_where_nothing_was_drawn(
    plant: Callable[..., ReportData],
) -> None:
    from dataclasses import replace

    strip = plant().strips[0]
    short = replace(strip, cells=tuple(reversed(strip.cells[1:])))
    rows = rows_of(short, MODELS)
    assert [row.model for row in rows] == MODELS
    assert [cell is None for cell in rows[0].cells].count(True) == 1


def test_a_figure_states_its_scale_and_draws_every_picture(
    plant: Callable[..., ReportData],
) -> None:
    strip = plant().strips[0]
    svg = strip_svg(strip, MODELS)
    assert strip.scale in svg
    assert svg.count("<image ") == 3 + 3 * 3 + 3 * 2
    assert png_of(svg, scale=0.5)[:8] == b"\x89PNG\r\n\x1a\n"


def test_kept_strips_become_pictures_of_each_image_and_method() -> None:
    pictures = torch.rand(2, 3, 1, 3, 4, 4)
    maps = torch.randn(2, 2, 3, 1, 3, 4, 4)
    probabilities = torch.tensor([0.2, 0.8]).expand(2, 3, 1, 2)
    kept = Strips(
        dataset="test", class_names=("a", "b"), models=("m", "k"),
        conditions=("clean", "shuffle=2", "pgd"), attacks=("pgd",), methods=("grad", "smooth"),
        images=("i",), rules=("drawn by chance",), labels=torch.tensor([1]), pictures=pictures,
        maps=maps, predictions=torch.tensor([[[1], [0], [1]], [[1], [1], [-1]]]),
        probabilities=probabilities,
    )  # fmt: skip
    strips = strips_of(kept, display=lambda raw: raw.abs().sum(1).clamp(0, 1), scale="grey")
    assert [(strip.image, strip.method, strip.label) for strip in strips] == [
        ("i", "grad", "b"),
        ("i", "smooth", "b"),
    ]
    cells = {(cell.model, cell.condition): cell for cell in strips[1].cells}
    one = cells["k", "shuffle=2"]
    shown = (maps[1, 1, 1, 0].abs().sum(0).clamp(0, 1) * 255).round().byte().numpy()
    seen = (pictures[1, 1, 0] * 255).round().byte().permute(1, 2, 0).numpy()
    assert np.array_equal(one.salience, shown)
    assert np.array_equal(one.picture, seen)
    assert (one.prediction, one.right) == ("b", True)
    assert one.confidence == pytest.approx(0.8)
    assert cells["m", "shuffle=2"].right is False
    assert cells["k", "pgd"].prediction == "no number"
