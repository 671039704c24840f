"""Charts of answers on conflict images, from planted answers."""

from collections.abc import Callable
from dataclasses import replace

import polars as pl

from cuelens.report import ReportData
from cuelens.report.cue_panels import answer_group


def test_the_shape_bias_is_drawn_with_its_widest_interval(plant: Callable[..., ReportData]) -> None:
    data = plant()
    ends = {
        "low": [0.25, 0.25, 0.25],
        "high": [0.40, 0.40, 0.40],
        "class_low": [0.14, 0.30, None],
        "class_high": [0.57, 0.35, None],
        "crossed_low": [None, 0.20, None],
        "crossed_high": [None, 0.60, None],
    }
    answers = data.answers.with_columns(
        pl.Series(name, values, dtype=pl.Float64) for name, values in ends.items()
    )
    group = answer_group(replace(data, answers=answers))
    assert group is not None
    told = group.panels[1].chart.alt.replace("\N{NARROW NO-BREAK SPACE}", " ")
    shown = [told.partition(f"{name}: ")[2] for name in ("standard", "adversarial", "underfit")]
    assert [one[one.index("[") : one.index("]") + 1] for one in shown] == [
        "[14.0, 57.0]", "[20.0, 60.0]", "[25.0, 40.0]"
    ]  # fmt: skip
