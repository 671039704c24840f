"""The cue profile of a report: its charts and its tables.

Nothing here is computed but the place of a number.
"""

from typing import Any

import polars as pl

from cuelens.report import wording
from cuelens.report.data import ReportData
from cuelens.report.dots import dot_chart
from cuelens.report.groups import NEEDED, Group, Panel, slug, unique
from cuelens.report.tables import Table, table_of
from cuelens.study.checks.cue_checks import CUE_PROFILE

__all__ = ["difference_table", "profile_groups", "profile_table"]

_RATES = ("retention", "control_retention", "corrected", "control_corrected")


def profile_groups(data: ReportData) -> tuple[Group, ...]:
    """Return a group for each data set: cue reliance, and the retentions that it is made of."""
    known = data.profile.filter(pl.col("value").is_not_null())
    datasets = unique(known["dataset"])
    return tuple(
        _group(data, known.filter(dataset=dataset), dataset if len(datasets) > 1 else "")
        for dataset in datasets
    )


def _group(data: ReportData, profile: pl.DataFrame, dataset: str) -> Group:
    names = [model.name for model in data.models]
    some = pl.col("doubts").cast(pl.List(pl.String)).list.len() > 0
    doubted = set(profile.filter(some)["family"])
    places = [
        wording.suppression(cue, family, doubted=family in doubted)
        for cue, family in profile.select("cue", "family").iter_rows()
    ]
    reliance = dot_chart(
        slug("cue-reliance", dataset),
        "Cue reliance",
        profile.with_columns(place=pl.Series(places, dtype=pl.String)).select("place", *NEEDED),
        names,
        signed=True,
    )
    kept = dot_chart(
        slug("cue-retention", dataset),
        "Retention without the cue, and under the control",
        _kept(profile),
        names,
    )
    return Group(
        key=slug("cue-profile", dataset),
        section="Cue profile",
        title=dataset or "Cue profile",
        sentence=f"{wording.CUE_PROFILE} {wording.RIGHT_CLEAN}",
        panels=(Panel(chart=reliance), Panel(chart=kept)),
        about=(CUE_PROFILE,),
    )


def _kept(profile: pl.DataFrame) -> pl.DataFrame:
    """Return a row for each condition and model, and below it one for its control."""
    rows: list[dict[str, Any]] = []
    for family in unique(profile["family"]):
        own = profile.filter(family=family)
        title = wording.family(family).title
        # A control may serve two conditions, at other levels: it is called by what it controls.
        for side, place in (("", title), ("control_", f"{title}: control")):
            for row in own.iter_rows(named=True):
                numbers = {
                    part: row[f"{side}retention{end}"]
                    for part, end in (("value", ""), ("low", "_low"), ("high", "_high"))
                }
                rows.append({"place": place, "model": row["model"], "n": row["n"], **numbers})
    return pl.DataFrame(rows, schema_overrides={"n": pl.Int64})


_PAPER = (
    "dataset", "cue", "condition", "model", "n", "cue reliance", "95 % interval", "retention",
    "under the control", "note",
)  # fmt: skip
"""Columns that a paper shows."""


def profile_table(profile: pl.DataFrame) -> Table:
    """Return the cue profile with every number that it is made of."""
    rows = [_row(row) for row in profile.iter_rows(named=True)]
    several = profile["dataset"].n_unique() > 1
    header = (
        *(("dataset",) if several else ()),
        "cue", "condition", "control", "model", "n", "cue reliance", "95 % interval", "note",
        "retention", "under the control", "chance-corrected", "under the control", "levels",
        "change of the images", "under the control", "structural distance", "under the control",
    )  # fmt: skip
    text = ("dataset", "cue", "condition", "control", "model", "note", "levels")
    return Table(
        name="cue-profile",
        caption="Cue profile: what each model keeps without a cue and under the control, and its "
        f"cue reliance, with 95 % intervals. {wording.RIGHT_CLEAN}",
        frame=profile,
        header=header,
        rows=tuple(row if several else row[1:] for row in rows),
        numeric=tuple(title not in text for title in header),
        paper=tuple(header.index(title) for title in _PAPER if title in header),
    )


def _seen(distance: float | None) -> float | None:
    """Return a distance without the rounding errors of equal pictures."""
    return None if distance is None else round(distance, 9)


def _row(row: dict[str, Any]) -> tuple[str, ...]:
    rates = [
        wording.interval(row[name], row[f"{name}_low"], row[f"{name}_high"], share=True)
        for name in _RATES
    ]
    distances = [
        wording.amount(_seen(row[name]))
        for name in ("change", "control_change", "structure", "control_structure")
    ]
    return (
        row["dataset"],
        row["cue"],
        row["family"],
        row["control"] or "",
        row["model"],
        f"{row['n']:,}",
        wording.percent(row["value"]),
        wording.span(row["low"], row["high"], share=True),
        row["note"] or "",
        *rates,
        ", ".join(wording.level(level) for level in row["levels"]),
        *distances,
    )


def difference_table(comparisons: pl.DataFrame) -> Table:
    """Return how much more one model relies on a cue than another."""
    caption = (
        "Cue reliance, the first model minus the second, image by image, in points. "
        f"{wording.RIGHT_IN_EITHER}"
    )
    if "quantity" not in comparisons.columns:
        return table_of("cue-differences", caption, comparisons.clear())
    own = comparisons.filter(pl.col("quantity") == "cue reliance")
    empty = [name for name in own.columns if own[name].is_null().all() and name != "note"]
    return table_of("cue-differences", caption, own.drop(empty))
