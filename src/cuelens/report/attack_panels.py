"""Attacks as groups of charts and as a table: which go side by side, and under which words.

Nothing here is computed but the place of a number.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from cuelens.report import wording
from cuelens.report.attack_charts import length_of, radius_chart, step_chart
from cuelens.report.groups import NEEDED, Group, Panel, slug, unique
from cuelens.report.tables import Table, table_of
from cuelens.study.outcomes.attack_names import radius_unit, without_radius
from cuelens.study.outcomes.idle_members import fold_idle

__all__ = [
    "WORST",
    "curve_table",
    "radius_groups",
    "result_table",
    "step_groups",
    "with_series",
]

_SECTION = "Attacks"
WORST = ("worst case", "attacked")
"""Rows of results that say what an attack comes to in the end."""
_GIVEN = "Over the images that it was given, right when clean and not fooled by an attack before it"
_READ = (
    "Success is the share fooled by then. What an image had last when it left the attack, fooled, "
    "is carried forward; an attack that takes every step, fooled or not, counts its success at "
    "the end. The loss is the cross-entropy, whatever loss the attack climbs. "
)
_AIMED = (
    "It aims at one class after the other, the most probable first: the axis counts the steps "
    "towards all of them, and with each class loss and length begin anew. "
)
_HOW = {
    "apgd-t": _AIMED,
    "fab-t": _AIMED + "It looks for the shortest change that fools, inside the radius or not: "
    "lengths beyond the radius are on their way in. ",
    "square": "The axis counts queries: one pass forward each, no gradient. ",
}
"""What the axes of a suite's member are, where it is not steps up the cross-entropy."""
_FIRST = "Of attacks that differ in radius alone, those of the first one given are drawn. "


def radius_groups(results: pl.DataFrame, models: Sequence[str]) -> tuple[Group, ...]:
    """Return robust accuracy against radius, a chart for each attack that has several radii.

    Args:
        results: From `attack_results`.
        models: All models, in order.
    """
    kept = results.filter(pl.col("attack").is_in(["clean", *WORST]) & pl.col("value").is_not_null())
    panels, about = [], []
    for (dataset, series, norm), part in _by_series(kept):
        if part["radius"].n_unique() < 2:
            continue
        shown = length_of(norm)
        clean = part.filter(pl.col("attack") == "clean").unique("model", maintain_order=True)
        worst = part.filter(pl.col("attack").is_in(WORST)).with_columns(
            pl.col("radius") * shown.times
        )
        frame = pl.concat([clean.with_columns(radius=pl.lit(0.0)), worst])
        several = results["dataset"].n_unique() > 1
        title = f"Robust accuracy, {series}" + (f", {dataset}" if several else "")
        name = slug("robust-accuracy-by-radius", series, dataset if several else "")
        axis = f"radius ({shown.unit})"
        chart = radius_chart(name, title, frame.select("radius", *NEEDED), models, axis=axis)
        panels.append(Panel(chart=chart))
        about += unique(part["condition"])
    if not panels:
        return ()
    return (
        Group(
            key="by-radius",
            section=_SECTION,
            title="Against the radius",
            sentence="Share of all images that stay right, radius by radius; at radius 0 the "
            "clean images. It can only fall as the radius grows: where it does not, the attack is "
            "too weak.",
            panels=tuple(panels),
            about=tuple(about),
        ),
    )


def _by_series(frame: pl.DataFrame) -> Iterator[tuple[tuple[str, str, str], pl.DataFrame]]:
    """Return the rows by data set, by name without radius and by norm."""
    for key, part in with_series(frame).group_by("dataset", "series", "norm", maintain_order=True):
        yield (str(key[0]), str(key[1]), str(key[2])), part


def with_series(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with a column "series": the suite's name without its radius.

    Args:
        frame: From `attack_results` or `attack_curves`.
    """
    names = [
        without_radius(suite, radius)
        for suite, radius in frame.select("suite", "radius").iter_rows()
    ]
    return frame.with_columns(series=pl.Series(names, dtype=pl.String))


def step_groups(curves: pl.DataFrame, models: Sequence[str]) -> tuple[Group, ...]:
    """Return success, loss and length against the step, a group for each attack.

    Of attacks that differ in radius alone, those of the radius whose curves come first are drawn;
    the table has them all.

    Args:
        curves: From `attack_curves`.
        models: All models, in order.
    """
    drawn = _at_first_radius(curves)
    several = curves["dataset"].n_unique() > 1
    groups: list[Group] = []
    first = _FIRST if len(drawn) < len(curves) else ""
    for (dataset, condition), part in drawn.group_by("dataset", "condition", maintain_order=True):
        place = str(dataset) if several else ""
        given = part.filter(pl.col("quantity") == "share fooled").unique("model", keep="first")
        counts = [f"{model} {n:,}" for model in models for n in given.filter(model=model)["n"]]
        suite, member = part["suite"][0], part["member"][0]
        title = ": ".join(word for word in (suite, member) if word)
        groups.append(
            Group(
                key=slug("steps", str(condition), place),
                section=_SECTION,
                title=title + (f", {place}" if place else ""),
                sentence=("" if groups else _READ + first)
                + _HOW.get(str(member), "")
                + f"{_GIVEN}: {', '.join(counts)} images.",
                panels=tuple(_panels(part, str(condition), place, models)),
                about=(str(condition), suite),
            )
        )
    return tuple(groups)


def _at_first_radius(curves: pl.DataFrame) -> pl.DataFrame:
    """Return the curves of one suite of each series, so that all of its members share a radius."""
    first = pl.col("suite").first().over("dataset", "series", "norm")
    return with_series(curves).filter(pl.col("suite") == first)


def _panels(
    part: pl.DataFrame, condition: str, place: str, models: Sequence[str]
) -> Iterator[Panel]:
    """Return the charts of one attack."""
    shown, axis = length_of(part["norm"][0]), part["unit"][0]
    lengths = pl.when(pl.col("quantity") == "length").then(shown.times).otherwise(1.0)
    scaled = part.with_columns(pl.col("value", "low", "high") * lengths)
    radius = part["radius"][0]
    for quantity, word, title, line in (
        ("share fooled", "success", "Attack success", None),
        ("loss", "loss", "Cross-entropy, nats", None),
        ("length", "length", f"Length ({shown.short})", radius),
    ):
        own = scaled.filter((pl.col("quantity") == quantity) & pl.col("value").is_not_null())
        if own.is_empty():
            continue
        chart = step_chart(
            slug(word, condition, place),
            title,
            own.select("step", *NEEDED),
            models,
            axis=axis,
            share=quantity == "share fooled",
            radius=None if line is None else line * shown.times,
        )
        yield Panel(chart=chart)


def result_table(results: pl.DataFrame, models: Sequence[str]) -> Table:
    """Return clean, each attack and the worst case, a row each, a column a model.

    Args:
        results: From `attack_results`.
        models: All models, in order.
    """
    several = results["dataset"].n_unique() > 1
    rows = []
    for (dataset, suite, attack), by_model in _by_attack(results).items():
        row: dict[str, Any] = {"dataset": dataset, "suite": suite, "attack": attack}
        for model in models:
            one = by_model.get(model, {})
            for part in ("value", "low", "high", "n", "broken", "attacked"):
                row[f"{model}: {part}"] = one.get(part)
        rows.append(row)
    shown = []
    for (dataset, suite, attack), by_model in _by_attack(fold_idle(results)).items():
        idle = all(one["attacked"] == 0 for one in by_model.values())
        words = f"{attack}: none was left" if idle else attack
        first = (dataset,) if several else ()
        shown.append((*first, suite, words, *_cells(by_model, models)))
    lead = ("dataset", "suite", "attack") if several else ("suite", "attack")
    return Table(
        name="attacks",
        caption="Share of all images that are right: clean, under each attack and at worst, with "
        f"95 % intervals; {radius_unit(results['norm'])}.",
        frame=pl.DataFrame(rows, infer_schema_length=None),
        header=(*lead, *models, "n"),
        rows=tuple(shown),
        numeric=(*[False] * len(lead), *[True] * len(models), True),
        columns_of=dict(enumerate(models, start=len(lead))),
    )


def _by_attack(results: pl.DataFrame) -> dict[tuple[str, str, str], dict[str, dict[str, Any]]]:
    """Return the rows by data set, suite and attack, then by model, in order."""
    found: dict[tuple[str, str, str], dict[str, dict[str, Any]]] = {}
    for row in results.iter_rows(named=True):
        key = (row["dataset"], row["suite"], row["attack"])
        found.setdefault(key, {})[row["model"]] = row
    return found


def _cells(by_model: Mapping[str, Mapping[str, Any]], models: Sequence[str]) -> Iterator[str]:
    """Return what the table shows of each model, and n."""
    rows = [by_model.get(model) for model in models]
    for row in rows:
        yield (
            ""
            if row is None
            else wording.interval(row["value"], row["low"], row["high"], share=True)
        )
    yield " / ".join(unique(f"{row['n']:,}" for row in rows if row is not None))


def curve_table(curves: pl.DataFrame) -> Table:
    """Return every number of the charts against the step, and those of the other radii."""
    caption = "Attacks against their steps: share fooled by then, loss in nats, length."
    return table_of("attack-curves", caption, curves)
