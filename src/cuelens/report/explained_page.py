"""The page of `cuelens explain`: strips, what was measured of them, and what determines them.

It puts parts together and writes them; it computes no number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from cuelens.files import write_atomically
from cuelens.report import strips
from cuelens.report.shared import page_text, write_tables
from cuelens.report.strip import Strip
from cuelens.report.tables import Table, table_of
from cuelens.report.views import views_in

__all__ = ["Explanation", "write_explanation"]

_AGREEMENT = "How alike the maps of two models are."
_OPEN_STRIPS = 8
"""So many strips are shown at once; the others unfold."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Explanation:
    """Everything that the page shows.

    Attributes:
        models: Names, in order.
        strips: One an image.
        by_image: What was measured of each image, from `evaluation.measure_strips`.
        measures: Means over the images, from `summary_of`.
        agreement: Of every two models, from `agreement_summary`.
        settings: What determines the maps.
        problems: Sentences about what was left out, and about maps that show nothing.
    """

    models: tuple[str, ...]
    strips: tuple[Strip, ...]
    by_image: pl.DataFrame
    measures: pl.DataFrame
    agreement: pl.DataFrame
    settings: Mapping[str, str]
    problems: tuple[str, ...] = ()


def write_explanation(explanation: Explanation, out: Path) -> tuple[Path, tuple[Path, ...]]:
    """Write explain.html, figures/ and tables/; each file whole or not at all.

    Returns:
        The page, and a PNG a strip.

    Raises:
        StorageError: If the disk is full, or the folder cannot be written.
    """
    models = explanation.models
    figures = strips.write_strips(out / "figures", explanation.strips, models)
    tables = _tables(explanation)
    write_tables(out / "tables", tables)
    text = page_text(
        "explain.html.j2",
        models=models,
        checks=(),
        figures={},
        title=_title(models, explanation.strips),
        problems=explanation.problems,
        lead=_lead(explanation.strips[0], len(explanation.strips)),
        strips=strips.laid_out(explanation.strips, models),
        views=views_in(explanation.strips),
        open_strips=_OPEN_STRIPS,
        tables=tables,
    )
    page = out / "explain.html"
    write_atomically(page, text)
    return page, figures


def _title(models: Sequence[str], shown: Sequence[Strip]) -> str:
    *others, last = models
    who = f"{', '.join(others)} and {last}" if others else last
    look = "look" if others else "looks"
    what = Path(shown[0].image).name if len(shown) == 1 else f"{len(shown)} images"
    return f"What {who} {look} at in {what}"


def _lead(strip: Strip, images: int) -> str:
    conditions = len(strips.columns_of(strip))
    counts = {"image": images, "condition": conditions, "salience method": len(strip.methods)}
    parts = [f"{count} {noun}{'' if count == 1 else 's'}" for noun, count in counts.items()]
    return f"{', '.join(parts)}. The maps explain {strip.target}."


def _tables(explanation: Explanation) -> dict[str, Table]:
    several = len(explanation.strips) > 1
    caption = "Means over n images, with 95 % intervals." if several else "Of this image."
    settings = explanation.settings
    pairs = pl.DataFrame({"name": list(settings), "value": list(settings.values())})
    tables = (
        table_of("measures", caption, explanation.measures, share=False),
        table_of("agreement", _AGREEMENT, explanation.agreement, share=False),
        table_of("measures-by-image", "Every image.", explanation.by_image, share=False),
        table_of("settings", "What determines the maps.", pairs),
    )
    return {table.name: table for table in tables if table.rows}
