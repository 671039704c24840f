"""What attacks found on some models: one page, with its figures and tables beside it.

Everything shown comes from records; nothing is attacked again.
"""

import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl

from cuelens.errors import RecordError
from cuelens.evaluation.attack_images import AttackedImages
from cuelens.files import write_atomically
from cuelens.report import wording
from cuelens.report.attack_examples import example_strips, write_examples
from cuelens.report.attack_panels import (
    WORST,
    curve_table,
    radius_groups,
    result_table,
    step_groups,
    with_series,
)
from cuelens.report.groups import named_apart
from cuelens.report.overview import flat
from cuelens.report.shared import merged_checks, page_text, write_figures, write_tables
from cuelens.report.tables import Table, table_of
from cuelens.study.checks.checks import Check
from cuelens.study.outcomes.attack_curves import attack_curves, attack_results
from cuelens.study.outcomes.attack_names import radius_unit
from cuelens.study.outcomes.summaries import summarise_attacks

__all__ = ["attack_report"]

_FEW_CHECKS = 4
"""So many passed checks are shown at once; more unfold."""


def attack_report(
    attacks: pl.DataFrame,
    *,
    out: Path,
    checks: Sequence[Check] = (),
    examples: Sequence[AttackedImages] = (),
    settings: Mapping[str, Any] | None = None,
    shown: int = 6,
    seed: int = 0,
    created: str | None = None,
) -> Path:
    """Write attack.html, tables/ and figures/ into a folder; each file whole or not at all.

    Args:
        attacks: Records of attacks, models and conditions in the order in which they are shown.
        out: The folder; made as needed.
        checks: Named checks of the numbers.
        examples: Kept images, at most one for each model and condition.
        settings: What determines the run, such as the options of the command; may be nested.
        shown: How many images a strip of examples shows at most. At least 1.
        seed: Of the draw of examples. At least 0.
        created: Date, as YYYY-MM-DD; None: today's.

    Returns:
        The page.

    Raises:
        RecordError: If there is no record, or a column is missing.
        ConfigError: If `shown` is below 1.
        StorageError: If the disk is full, or the folder cannot be written.
    """
    if attacks.is_empty():
        raise RecordError("A report needs records of at least one attack, got none. Attack first.")
    curves, results = attack_curves(attacks), attack_results(attacks)
    models = list(dict.fromkeys(attacks["model"]))
    by_radius, by_step = radius_groups(results, models), step_groups(curves, models)
    strips = example_strips(examples, count=shown, seed=seed)
    groups = named_apart((*by_radius, *by_step))
    charts = [panel.chart for group in groups for panel in group.panels]
    figures = write_figures(out / "figures", charts, models=len(models))
    write_examples(out / "figures", strips)
    found = merged_checks(checks)
    tables = _tables(attacks, results, curves, models, found, settings or {})
    write_tables(out / "tables", tables)
    title = _headline(results, models, list(dict.fromkeys(attacks["condition"])))
    text = page_text(
        "attack.html.j2",
        models=models,
        checks=found,
        figures=figures,
        title=title,
        headline=title,
        lead=_lead(results),
        created=created or datetime.now(tz=UTC).date().isoformat(),
        by_radius=groups[: len(by_radius)],
        by_step=groups[len(by_radius) :],
        examples=strips,
        tables=tables,
        few_checks=_FEW_CHECKS,
    )
    page = out / "attack.html"
    write_atomically(page, text)
    return page


def _headline(results: pl.DataFrame, models: Sequence[str], given: Sequence[str]) -> str:
    """Return what the last attack, of the radius given first, leaves of each model."""
    worst = with_series(results.filter(pl.col("attack").is_in(WORST)))
    alike = worst.join(worst.tail(1), on=("dataset", "series", "norm"), how="semi")
    first = min(alike["suite"].unique(), key=given.index)
    values = dict(alike.filter(suite=first).select("model", "value").iter_rows())
    parts = [f"{model} {wording.percent(values[model])}" for model in models if model in values]
    if len(parts) == 1:
        model = next(iter(values))
        return f"{model} is right on {wording.percent(values[model])} of images under {first}"
    return f"Robust accuracy under {first}: {', '.join(parts)}"


def _lead(results: pl.DataFrame) -> str:
    """Return what was attacked."""
    parts = [
        f"{' / '.join(f'{n:,}' for n in part['n'].unique().sort())} images of {dataset}"
        for (dataset,), part in results.group_by("dataset", maintain_order=True)
    ]
    return f"{' and '.join(parts)}, {radius_unit(results['norm'])}, with 95 % intervals."


def _tables(
    attacks: pl.DataFrame,
    results: pl.DataFrame,
    curves: pl.DataFrame,
    models: Sequence[str],
    checks: Sequence[Check],
    settings: Mapping[str, Any],
) -> dict[str, Table]:
    """Return every table with at least one row, by name."""
    names = ("check", "result", "sentence", "about")
    said = [(one.name, one.result, one.sentence, ", ".join(one.about)) for one in checks]
    versions = {"python": platform.python_version()} | {
        name: version(name) for name in ("cuelens", "torch", "numpy", "polars")
    }
    tables = (
        result_table(results, models),
        curve_table(curves),
        table_of("attack-summaries", "Every summary of the records.", summarise_attacks(attacks)),
        table_of(
            "checks",
            "Named checks of the numbers.",
            pl.DataFrame(said, schema=dict.fromkeys(names, pl.String), orient="row"),
        ),
        _pairs("settings", "Settings that determine the run.", flat(settings)),
        _pairs("versions", "Versions of what computed it.", versions),
    )
    return {table.name: table for table in tables if table.rows}


def _pairs(name: str, caption: str, pairs: Mapping[str, str]) -> Table:
    columns = {"name": list(pairs), "value": list(pairs.values())}
    return table_of(name, caption, pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String)))
