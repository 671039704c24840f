"""Charts of distorted and attacked images: summaries sorted into groups of charts.

A family of conditions is one group: retention and accuracy against its level, its control beside
it. Nothing here is computed but the place of a number.
"""

from collections.abc import Sequence

import polars as pl

from cuelens.report import wording
from cuelens.report.charts import Chart
from cuelens.report.curves import change_chart, curve_chart
from cuelens.report.data import ReportData
from cuelens.report.dots import dot_chart
from cuelens.report.groups import NEEDED, Group, Panel, slug, unique
from cuelens.study.outcomes.attack_names import name_of

__all__ = ["attack_groups", "change_group", "curve_groups", "plain_groups"]

_DRAWN = ("retention", "accuracy")
_DISTANCES = {
    "image change": ("retention-by-change", "root-mean-square change of the pixels", "pixels"),
    "structural distance": (
        "retention-by-structure",
        "structural distance (1 - SSIM)",
        "structure",
    ),
}
_ATTACKED = ("robust accuracy", "robust retention")


def curve_groups(data: ReportData) -> tuple[Group, ...]:
    """Return a group for each family of conditions that has levels, and each data set."""
    graded = data.summaries.filter(pl.col("level").is_not_null() & (pl.col("family") != "attack"))
    families = unique(graded["family"])
    controls = {data.controls.get(name) for name in families}
    groups = []
    for name in (family for family in families if family not in controls):
        control = data.controls.get(name)
        own = graded.filter(pl.col("family") == name)
        datasets = unique(own["dataset"])
        for dataset in datasets:
            place = "" if len(datasets) == 1 else dataset
            panels = [
                Panel(chart=chart, control=shown != name)
                for quantity in _DRAWN
                for shown in (name, control)
                if shown is not None
                and (chart := _curve(data, quantity, shown, dataset, place)) is not None
            ]
            words = wording.family(name)
            beside = "" if control not in families else f" Control: {_lower(wording.family(control or '').sentence)}"  # fmt: skip  # noqa: E501
            groups.append(
                Group(
                    key=slug("curves", name, place),
                    section="Distorted images",
                    title=words.title + (f", {place}" if place else ""),
                    sentence=words.sentence + beside,
                    panels=tuple(panels),
                    about=(name, *unique(own["condition"]), control or name),
                )
            )
    return tuple(group for group in groups if group.panels)


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _curve(data: ReportData, quantity: str, name: str, dataset: str, place: str) -> Chart | None:
    """Return one quantity of one family; the clean result stands where nothing changes."""
    here = data.summaries.filter(
        (pl.col("quantity") == quantity)
        & (pl.col("dataset") == dataset)
        & pl.col("value").is_not_null()
    )
    own = here.filter((pl.col("family") == name) & pl.col("level").is_not_null())
    if own.is_empty():
        return None
    words = wording.family(name)
    columns = ["level", *NEEDED]
    frame = own.select(columns)
    if words.same is not None and words.same not in set(own["level"]):
        clean = here.filter(pl.col("family") == "clean")
        level = pl.lit(words.same).cast(own.schema["level"]).alias("level")
        if quantity == "retention":  # nothing can be lost where nothing changes
            counts = own.group_by("model", maintain_order=True).agg(pl.col("n").max())
            clean = counts.with_columns(
                pl.lit(1.0).alias(name) for name in ("value", "low", "high")
            )
        frame = pl.concat([frame, clean.with_columns(level).select(columns)])
    return curve_chart(
        slug(quantity, name, place),
        f"{quantity[:1].upper()}{quantity[1:]}, {_lower(words.title)}",
        frame,
        [model.name for model in data.models],
        axis=words.axis,
        share=wording.is_share(quantity),
        same=words.same,
        chance=data.chance if quantity == "accuracy" else None,
    )


def change_group(data: ReportData) -> Group | None:
    """Return retention against how far images moved, each family beside its control."""
    panels = tuple(
        Panel(chart=chart)
        for name, control in data.controls.items()
        for distance in _DISTANCES
        if (chart := _by_distance(data, name, control, distance)) is not None
    )
    if not panels:
        return None
    return Group(
        key="by-change",
        section="Distorted images",
        title="Against the size of the change",
        sentence="Levels of different conditions are not comparable; how far the images are from "
        "the clean ones is, in pixels and in structure. Filled marks: the condition. Thin lines "
        "with hollow marks: its control.",
        panels=panels,
        about=tuple(data.controls),
    )


def _by_distance(data: ReportData, name: str, control: str, distance: str) -> Chart | None:
    """Return retention under a family and its control against a distance, if both were run."""
    place = ["model", "dataset", "condition"]
    sizes = data.summaries.filter(pl.col("quantity") == distance)
    sizes = sizes.select(*place, pl.col("value").alias("change"))
    kept = data.summaries.filter(pl.col("quantity") == "retention").join(sizes, on=place)
    own = kept.drop_nulls(["value", "change"]).filter(pl.col("family").is_in([name, control]))
    if own["family"].n_unique() < 2 or own["condition"].n_unique() < 3:
        return None  # of one level and one control nothing leads to anything
    own = own.filter(pl.col("dataset") == own["dataset"][0])
    words = (_lower(wording.family(one).title) for one in (name, control))
    start, axis, short = _DISTANCES[distance]
    return change_chart(
        slug(start, name),
        f"Retention, {' against '.join(words)}, by {short}",
        own.with_columns(place=pl.col("condition"), control=pl.col("family") == control).select(
            "place", "change", "control", *NEEDED
        ),
        [model.name for model in data.models],
        axis=axis,
    )


def plain_groups(data: ReportData) -> tuple[Group, ...]:
    """Return a group of the conditions that have no level, such as greyscale."""
    plain = data.summaries.filter(
        pl.col("level").is_null() & ~pl.col("family").is_in(["clean", "attack"])
    )
    group = _dots(data, plain, _DRAWN, "conditions", "Conditions without a level", "")
    return (group,) if group else ()


def attack_groups(data: ReportData) -> tuple[Group, ...]:
    """Return a group of the attacks; of a suite its worst case alone."""
    attacks = data.summaries.filter(pl.col("family") == "attack")
    names = unique(attacks["condition"])
    members = [name for name in names if name_of(name, names).member is not None]
    attacks = attacks.filter(~pl.col("condition").is_in(members))
    sentence = (
        "Share of images that stay right under attack. Every image counted as fooled was "
        "confirmed in float32 by the untouched model."
    )
    if members:
        sentence += " Of a suite the worst case is drawn; the table has its attacks one by one."
    group = _dots(data, attacks, _ATTACKED, "attacks", "Attacks", sentence)
    return (group,) if group else ()


def _dots(
    data: ReportData,
    frame: pl.DataFrame,
    quantities: Sequence[str],
    key: str,
    title: str,
    sentence: str,
) -> Group | None:
    several = frame["dataset"].n_unique() > 1
    place = pl.format("{}, {}", "condition", "dataset") if several else pl.col("condition")
    panels = []
    for quantity in quantities:
        rows = frame.filter((pl.col("quantity") == quantity) & pl.col("value").is_not_null())
        if rows.is_empty():
            continue
        title_of = f"{quantity[:1].upper()}{quantity[1:]}"
        if rows["condition"].n_unique() == 1:
            title_of += f", {rows['condition'][0]}"
        chart = dot_chart(
            slug(quantity, key),
            title_of,
            rows.with_columns(place.alias("place")).select("place", *NEEDED),
            [model.name for model in data.models],
            share=wording.is_share(quantity),
        )
        panels.append(Panel(chart=chart))
    about = (*unique(frame["family"]), *unique(frame["condition"]))
    if not panels:
        return None
    return Group(
        key=slug(key),
        section="Attacks" if key == "attacks" else "Distorted images",
        title=title,
        sentence=sentence,
        panels=tuple(panels),
        about=about,
    )
