"""Strips: pictures without loss, and each model's own where they differ."""

import base64
import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from cuelens.evaluation import Strips
from cuelens.report import ReportData, strips_of, view_of
from cuelens.report.figures import png_of
from cuelens.report.pictures import picture_uri, shortened
from cuelens.report.strips import columns_of, rows_of, strip_svg, write_strips
from cuelens.report.views import OWN
from cuelens.salience import Gradient, Score, SmoothGrad, SquaredSmoothGrad, shared_scale

MODELS = ["standard", "adversarial", "underfit"]
METHODS = {
    "grad": Gradient(score=Score.LOGIT),
    "smooth": SquaredSmoothGrad(samples=1, noise=0),
}


@pytest.mark.parametrize("kind", ["WEBP", "PNG"])
@pytest.mark.parametrize("shape", [(5, 7, 3), (5, 7)])
def test_a_picture_is_kept_without_loss(kind: str, shape: tuple[int, ...]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    head, _, content = picture_uri(picture, kind=kind).partition(",")
    assert head == f"data:image/{kind.lower()};base64"
    image = Image.open(io.BytesIO(base64.b64decode(content)))
    mode = "RGB" if len(shape) == 3 else "L"
    assert np.array_equal(np.asarray(image.convert(mode)), picture)


def rough(amplitude: float) -> np.ndarray:
    """Return a ramp of 128 x 128 pixels in three colours with noise on it."""
    ramp = np.linspace(0, 255, 128)[:, None, None] * np.ones((128, 3))
    noise = np.random.default_rng(0).normal(0, amplitude, ramp.shape)
    return (ramp + noise).clip(0, 255).round().astype(np.uint8)


@pytest.mark.parametrize(
    ("amplitude", "exact"),
    [pytest.param(2, False, id="photograph"), pytest.param(60, True, id="map")],
)
def test_a_large_photograph_in_a_page_loses_what_nobody_sees(amplitude: float, exact: bool) -> None:
    picture = rough(amplitude)
    content = base64.b64decode(picture_uri(picture).partition(",")[2])
    shown = np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(float)
    loss = np.sqrt(np.square(shown - picture).mean())
    assert loss == 0 if exact else 0 < loss <= 4
    png = base64.b64decode(picture_uri(picture, kind="PNG").partition(",")[2])
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(png))), picture)
    small = base64.b64decode(picture_uri(picture[:96, :96]).partition(",")[2])
    image = Image.open(io.BytesIO(small)).convert("RGB")
    assert np.array_equal(np.asarray(image), picture[:96, :96])


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
    strip = plant().strips[0]
    short = replace(strip, cells=tuple(reversed(strip.cells[1:])))
    rows = rows_of(short, MODELS)
    assert [row.model for row in rows] == MODELS
    assert [cell is None for cell in rows[0].cells].count(True) == 1


def test_a_figure_draws_every_picture_and_says_what_its_colours_mean(
    plant: Callable[..., ReportData],
) -> None:
    strip = plant().strips[0]
    svg = strip_svg(strip, MODELS)
    assert svg.count("<image ") == 3 + 3 + 3 * 4 * 2  # shared, each model's own, maps
    assert "The maps explain the true class. White is each map" in svg
    assert "white 0.231" in svg
    assert "drawn by chance" in svg
    assert svg.count(">logit<") == 3
    assert png_of(svg, scale=0.5)[:8] == b"\x89PNG\r\n\x1a\n"
    signed = strip_svg(strip, MODELS, view="signed-own")
    assert "Orange raises, blue lowers." in signed
    assert "White is each map" not in signed


@pytest.mark.parametrize(
    ("right", "label", "words"),
    [
        (True, "star", ("\N{CHECK MARK} star 50", "label star")),
        (False, "star", ("\N{MULTIPLICATION SIGN} star 50", "label star")),
        (None, None, (">star 50", "class unknown")),
    ],
)
def test_an_answer_is_right_wrong_or_neither(
    plant: Callable[..., ReportData], right: bool | None, label: str | None, words: tuple[str, str]
) -> None:
    strip = plant().strips[0]
    cells = tuple(replace(cell, right=right) for cell in strip.cells)
    svg = strip_svg(replace(strip, cells=cells, label=label), MODELS)
    assert all(word in svg for word in words)
    if right is None:
        assert "\N{CHECK MARK}" not in svg


def test_long_names_are_shortened_and_never_run_into_the_next_column(
    plant: Callable[..., ReportData],
) -> None:
    strip = plant().strips[0]
    long = "a class whose name is much longer than a picture is wide"
    cells = tuple(replace(cell, prediction=long) for cell in strip.cells)
    svg = strip_svg(replace(strip, cells=cells), MODELS)
    assert long not in svg
    assert "\N{CHECK MARK} a class whose" in svg
    assert shortened("abcdefghij", 40) == "abcd\N{HORIZONTAL ELLIPSIS}"
    assert shortened("abcde", 40) == "abcde"


def test_files_of_strips_are_named_after_their_images(
    plant: Callable[..., ReportData], tmp_path: Path
) -> None:
    strips = [replace(plant().strips[0], image=image) for image in ("a/My cat.jpg", "b/My cat.jpg")]
    written = write_strips(tmp_path, strips, MODELS)
    assert [path.name for path in written] == ["strip-1-my-cat.png", "strip-2-my-cat.png"]
    assert {path.name for path in tmp_path.iterdir()} == {
        "strip-1-my-cat.png", "strip-1-my-cat.svg", "strip-2-my-cat.png", "strip-2-my-cat.svg",
    }  # fmt: skip


@pytest.fixture
def kept() -> Strips:
    """Return strips of one image, two models, two methods, two conditions and an attack."""
    pictures = torch.rand(2, 3, 1, 3, 4, 4)
    return Strips(
        dataset="test", class_names=("a", "b"), models=("m", "k"),
        conditions=("clean", "shuffle=2", "pgd"), attacks=("pgd",), methods=("grad", "smooth"),
        scores=("logit", ""),
        images=("i",), rules=("drawn by chance",), target="the true class",
        labels=torch.tensor([1]), explained=torch.tensor([[1], [0]]), pictures=pictures,
        maps=torch.randn(2, 2, 3, 1, 3, 4, 4),
        predictions=torch.tensor([[[1], [0], [1]], [[1], [1], [-1]]]),
        probabilities=torch.tensor([0.2, 0.8]).expand(2, 3, 1, 2),
    )  # fmt: skip


def test_kept_strips_become_a_strip_an_image(kept: Strips) -> None:
    (strip,) = strips_of(kept, METHODS)
    assert (strip.image, strip.label, strip.methods) == ("i", "b", ("grad", "smooth"))
    assert strip.scores == ("logit", "")
    assert strip.explained == {"m": "b", "k": "a"}
    assert strip.scales == {"own": OWN.sentence}
    cells = {(cell.model, cell.condition): cell for cell in strip.cells}
    one = cells["k", "shuffle=2"]
    for number in range(2):
        (drawn,) = OWN.pictures(kept.maps[number, 1, 1])
        assert np.array_equal(one.maps["own"][number].picture, drawn.picture)
    seen = (kept.pictures[1, 1, 0] * 255).round().byte().permute(1, 2, 0).numpy()
    assert np.array_equal(one.picture, seen)
    assert (one.prediction, one.right) == ("b", True)
    assert one.confidence == pytest.approx(0.8)
    assert cells["m", "shuffle=2"].right is False
    assert cells["k", "pgd"].prediction == "no number"


def test_a_strip_of_an_unknown_class_calls_no_answer_right_or_wrong(kept: Strips) -> None:
    (strip,) = strips_of(replace(kept, labels=torch.tensor([-1])), METHODS)
    assert strip.label is None
    assert {cell.right for cell in strip.cells} == {None}


def test_a_shared_scale_is_that_of_all_maps_of_a_method_on_an_image(kept: Strips) -> None:
    view = view_of(shared=True, signed=False)
    (strip,) = strips_of(kept, METHODS, views=[view])
    for number in range(2):
        ends = {cell.maps["shared"][number].end for cell in strip.cells}
        (scale,) = set(shared_scale(kept.maps[number, :, :, 0].flatten(0, 1)).scales)
        assert ends == {f"white {scale.white:.2g}"}


@pytest.mark.parametrize("shared", [False, True])
def test_orange_speaks_for_the_class_whatever_the_score(kept: Strips, shared: bool) -> None:
    view = view_of(shared=shared, signed=True)
    loss = {**METHODS, "grad": Gradient(score=Score.CROSS_ENTROPY)}
    (of_logit,) = strips_of(kept, METHODS, views=[view])
    (of_loss,) = strips_of(replace(kept, maps=-kept.maps), loss, views=[view])
    for one, other in zip(of_logit.cells, of_loss.cells, strict=True):
        assert np.array_equal(one.maps[view.key][0].picture, other.maps[view.key][0].picture)
    assert of_loss.scales[view.key] == (
        f"{view.sentence} Of grad the sign is turned: the raw maps are of the class's loss. "
        "Of smooth orange says how much alone: the maps are never negative."
    )
    assert "turned" not in of_logit.scales[view.key]


def test_squares_are_never_turned(kept: Strips) -> None:
    view = view_of(shared=False, signed=True)
    squares = replace(kept, methods=("grad", "smooth"), maps=kept.maps.square())
    loss = SquaredSmoothGrad(samples=1, noise=0, score=Score.CROSS_ENTROPY)
    methods = {"grad": SmoothGrad(samples=1, noise=0, score=Score.LOGIT), "smooth": loss}
    (strip,) = strips_of(squares, methods, views=[view])
    for cell in strip.cells:
        colours = cell.maps[view.key][1].picture.astype(int)
        assert (colours[..., 0] - colours[..., 2]).min() >= 0  # nowhere blue


def test_maps_by_size_say_nothing_of_signs(kept: Strips) -> None:
    loss = {**METHODS, "grad": Gradient()}
    (strip,) = strips_of(kept, loss)
    assert strip.scales == {"own": OWN.sentence}


def test_an_attacked_image_has_a_row_of_its_own_and_stands_beside_no_method(kept: Strips) -> None:
    pictures = kept.pictures.clone()
    pictures[1, :2] = pictures[0, :2]
    (strip,) = strips_of(replace(kept, pictures=pictures), METHODS)
    svg = strip_svg(strip, ["m", "k"])
    places = {
        word: [float(y) for y in re.findall(rf'<text[^>]* y="([0-9.]+)"[^>]*>{word}<', svg)]
        for word in ("attacked image", "made on this model", "grad", "smooth")
    }
    assert [len(own) for own in places.values()] == [2, 2, 2, 2]
    drawn = [
        tuple(map(float, place))
        for place in re.findall(r'<image x="([0-9.]+)" y="([0-9.]+)" width="96"', svg)
    ]
    columns = sorted({left for left, _ in drawn})
    assert len(columns) == 3
    for name, row in zip(places["attacked image"], places["grad"], strict=True):
        assert [left for left, top in drawn if top < name < top + 96] == columns[2:]
        assert [left for left, top in drawn if top < row < top + 96] == columns


def test_without_an_attack_there_is_no_such_row(kept: Strips) -> None:
    same = replace(kept, pictures=kept.pictures[:1].expand(2, -1, -1, -1, -1, -1))
    (strip,) = strips_of(same, METHODS)
    assert "attacked image" not in strip_svg(strip, ["m", "k"])
