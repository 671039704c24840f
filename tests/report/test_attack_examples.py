"""Adversarial examples: chosen by their rule, and drawn as they are."""

from typing import Any

import numpy as np
import pytest
import torch

from cuelens.errors import ConfigError
from cuelens.evaluation.attack_images import AttackedImages
from cuelens.report.attack_examples import example_strips, example_svg
from cuelens.report.figures import png_of


def attacked(
    model: str = "standard",
    *,
    fooled: tuple[int, ...] = (0, 2, 4, 6, 8),
    given: tuple[int, ...] = tuple(range(10)),
    change: float = 8 / 255,
    condition: str = "pgd-linf-8/255",
    channels: int = 3,
    **changes: Any,
) -> AttackedImages:
    """Return images of which some were fooled: label k, answer k + 1."""
    generator = torch.Generator().manual_seed(0)
    originals = 0.2 + 0.6 * torch.rand(10, channels, 4, 4, generator=generator)
    rows = torch.tensor(given, dtype=torch.int64)
    labels = torch.arange(10)
    after = torch.tensor([(k + 1) % 10 if k in fooled else k for k in range(10)])
    fields: dict[str, Any] = {
        "ids": tuple(f"test/{k}" for k in given),
        "originals": originals[rows],
        "attacked": (originals + change)[rows],
        "labels": labels[rows],
        "before": labels[rows],
        "after": after[rows],
        "model": model,
        "condition": condition,
        "norm": "Linf",
        "radius": 8 / 255,
        "class_names": tuple(f"class {k}" for k in range(10)),
    }
    return AttackedImages(**(fields | changes))


def test_images_are_drawn_among_those_fooled_whatever_their_order() -> None:
    (strip,) = example_strips([attacked()], count=3)
    names = [row.image for row in strip.rows]
    assert len(names) == 3
    assert set(names) <= {"test/0", "test/2", "test/4", "test/6", "test/8"}
    (turned,) = example_strips([attacked(given=tuple(reversed(range(10))))], count=3)
    assert [row.image for row in turned.rows] == names
    (fewer,) = example_strips([attacked(given=(0, 2, 4, 6, 8))], count=5)
    assert [row.image for row in fewer.rows][:3] == names
    (other,) = example_strips([attacked()], count=3, seed=1)
    assert [row.image for row in other.rows] != names
    assert strip.rule == "Images drawn by chance among those fooled, seed 0."


def test_models_give_images_in_turn() -> None:
    examples = [
        attacked("standard", fooled=(0, 1, 2, 3)),
        attacked("adversarial", fooled=(7, 8)),
        attacked("robust", fooled=()),
    ]
    (strip,) = example_strips(examples, count=4)
    whose = [
        next(c for c, cell in enumerate(row.cells) if cell is not None and cell.fooled)
        for row in strip.rows
    ]
    assert whose == [0, 1, 0, 1]
    assert strip.models == ("standard", "adversarial", "robust")
    assert strip.rule == (
        "Images drawn by chance among those fooled, each model in turn giving its next one, seed 0."
    )


def test_an_image_is_shown_once_though_it_fools_every_model() -> None:
    examples = [attacked("a", fooled=(1, 2)), attacked("b", fooled=(1, 2))]
    (strip,) = example_strips(examples, count=6)
    assert sorted(row.image for row in strip.rows) == ["test/1", "test/2"]


def test_a_model_that_was_wrong_before_has_no_cell() -> None:
    examples = [attacked("a", fooled=(1,)), attacked("b", given=(0, 2), fooled=())]
    (strip,) = example_strips(examples)
    (row,) = strip.rows
    assert row.cells[1] is None
    first = row.cells[0]
    assert first is not None
    assert (row.label, first.before, first.after, first.fooled) == (
        "class 1", "class 1", "class 2", True,
    )  # fmt: skip
    assert "not attacked: wrong when clean" in example_svg(strip)


@pytest.mark.parametrize(
    ("change", "factor"), [(8 / 255, 10), (0.5, 1), (0.25, 2), (1 / 255, 100), (0.0, 50_000)]
)
def test_differences_are_magnified_by_the_largest_round_factor_that_fits(
    change: float, factor: int
) -> None:
    black, moved = torch.zeros(10, 3, 4, 4), torch.full((10, 3, 4, 4), change)
    (strip,) = example_strips([attacked(originals=black, attacked=moved)], count=1)
    cell = strip.rows[0].cells[0]
    assert cell is not None
    assert strip.scale == f"Differences magnified {factor:,} times; grey is no change."
    expected = round(255 * min(0.5 + factor * change, 1.0))
    assert np.unique(cell.difference).tolist() == pytest.approx([expected], abs=1)


def test_grey_images_become_pictures_of_three_channels() -> None:
    (strip,) = example_strips([attacked(channels=1)], count=1)
    assert strip.rows[0].original.shape == (4, 4, 3)


def test_each_attack_has_a_strip_unless_it_fooled_nobody() -> None:
    examples = [
        attacked(condition="a"),
        attacked(condition="b", fooled=()),
        attacked(condition="c"),
    ]
    assert [strip.condition for strip in example_strips(examples)] == ["a", "c"]
    nobody = attacked(given=(), fooled=(), condition="d")
    assert example_strips([nobody]) == ()
    assert example_strips([]) == ()


def test_a_figure_has_every_picture_and_says_its_rule_and_scale() -> None:
    examples = [attacked("a"), attacked("<b>", fooled=(1,))]
    (strip,) = example_strips(examples, count=2)
    svg = example_svg(strip)
    assert svg.count("<image ") == 2 * (1 + 2 * 2)
    assert "seed 0" in svg
    assert "magnified 10 times" in svg
    assert "<b>" not in svg
    assert png_of(svg, scale=0.5)[:8] == b"\x89PNG\r\n\x1a\n"


def test_no_image_cannot_be_asked_for() -> None:
    with pytest.raises(ConfigError) as error:
        example_strips([attacked()], count=0)
    assert str(error.value) == "`count` must be at least 1, got 0."
