"""Charts and tables of what maps are worth: measures a model, pairs of models, agreement.

Nothing here is computed but the place of a number.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import polars as pl

from cuelens.evaluation import REFERENCE_MAPS
from cuelens.report import wording
from cuelens.report.charts import Chart
from cuelens.report.data import ReportData
from cuelens.report.dots import dot_chart
from cuelens.report.groups import NEEDED, Group, Panel, slug, unique
from cuelens.report.tables import Table, table_of
from cuelens.study.checks.checks import Check

__all__ = ["agreement_group", "pair_table", "salience_groups", "told_beside"]

_SECTION = "Salience measures"
_LAYERS = ("cascade_rank_correlation", "independent_rank_correlation")
"""Measures of which each layer has its own."""


_OF_PICTURES = ("white_share", "drawn_brightness")
_DOUBTED = {
    "survives-randomisation": "stability",
    "no-better-than-edges": "worth",
    "no-better-than-noise": "worth",
    "saturated-scale": "shape",
}
"""Which question each check of maps doubts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Kind:
    """Measures that answer one question.

    Attributes:
        key: For names of files.
        title: The question in a few words.
        sentence: How it is answered.
        measures: In order; of the likenesses the rank correlation stands for all.
    """

    key: str
    title: str
    sentence: str
    measures: tuple[str, ...]


_KINDS = (
    _Kind(
        key="shape",
        title="What the maps look like",
        sentence="Means over images. Each measure has its own axis, which need not start at zero.",
        measures=(
            "contour_share", "inside_share", "background_share", "sparsity", "total_variation",
            "gradient_l1",
        ),
    ),
    _Kind(
        key="image",
        title="How far the maps show the image",
        sentence="Overlap with edges that any edge detector finds, and the image's length along "
        "its map.",
        measures=("edge_overlap", "alignment", "cosine_alignment"),
    ),
    _Kind(
        key="worth",
        title="Whether the strongest pixels matter",
        sentence="The probability of the class as pixels go (less is better) or come (more is "
        "better) in the order of the map, beside the same in the order of the image's edges and of "
        "noise.",
        measures=("deletion", "insertion"),
    ),
    _Kind(
        key="stability",
        title="How much of a map stays",
        sentence="Rank correlation with the map of the same image, for one class: under noise, "
        "under each condition (what it moved is put back first), and with random weights, where a "
        "map that stays shows the image and not the model.",
        measures=(
            "noise_rank_correlation", "condition_rank_correlation", "randomised_rank_correlation",
            *_LAYERS,
        ),
    ),
)  # fmt: skip


def salience_groups(data: ReportData) -> tuple[Group, ...]:
    """Return groups of the salience measures: one for each method and question."""
    if data.salience.is_empty():
        return ()
    known = {name for kind in _KINDS for name in kind.measures}
    frame = data.salience.with_columns(
        pl.col("measure").str.split(":").list.first().alias("base"),
        pl.col("measure").str.split(":").list.get(1, null_on_oob=True).alias("layer"),
    )
    own = [name for name in unique(frame["method"]) if name not in REFERENCE_MAPS]
    other = _Kind(
        key="more",
        title="More measures",
        sentence="",
        measures=tuple(n for n in unique(frame["base"]) if n not in known and not _beside(n)),
    )
    groups = (_group(data, frame, method, kind) for method in own for kind in (*_KINDS, other))
    return tuple(group for group in groups if group.panels)


def _beside(measure: str) -> bool:
    """Return whether a measure stands in the tables alone.

    The rank correlation stands for every likeness, and a check for what pictures come to.
    """
    return measure in _OF_PICTURES or measure.endswith(("_top_overlap", "_structural_similarity"))


def told_beside(check: Check) -> Check:
    """Return a check; one of maps is told beside the question that it doubts.

    Args:
        check: Any; one of `salience_checks` is about a method and a model.
    """
    question = _DOUBTED.get(check.name)
    if question is None:
        return check
    return replace(check, about=(*check.about, _key(check.about[0], question)))


def _key(method: str, question: str) -> str:
    return slug("salience", method, question)


def _group(data: ReportData, frame: pl.DataFrame, method: str, kind: _Kind) -> Group:
    methods = [name for name in unique(frame["method"]) if name not in REFERENCE_MAPS]
    shown = (method, *REFERENCE_MAPS) if kind.key == "worth" else (method,)
    rows = frame.filter(
        pl.col("method").is_in(shown)
        & pl.col("base").is_in(kind.measures)
        & pl.col("value").is_not_null()
    )
    charts = [_chart(data, rows, measure, method, methods) for measure in kind.measures]
    return Group(
        key=_key(method, kind.key),
        section=_SECTION,
        title=kind.title if len(methods) == 1 else f"{method}: {_lower(kind.title)}",
        sentence=kind.sentence,
        panels=tuple(Panel(chart=chart) for chart in charts if chart is not None),
        about=(_key(method, kind.key), *unique(rows["measure"])),
    )


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _chart(
    data: ReportData, rows: pl.DataFrame, measure: str, method: str, methods: Sequence[str]
) -> Chart | None:
    rows = rows.filter(pl.col("base") == measure)
    if rows.is_empty():
        return None
    several = rows["dataset"].n_unique() > 1
    place = pl.format("{}, {}", "condition", "dataset") if several else pl.col("condition")
    reference = pl.format("{}: {} instead", place, "method")
    place = pl.when(pl.col("method") == method).then(place).otherwise(reference)
    place = pl.when(pl.col("layer").is_null()).then(place).otherwise(pl.col("layer"))
    return dot_chart(
        slug("salience", method if len(methods) > 1 else "", measure),
        wording.measure(measure),
        rows.with_columns(place.alias("place")).select("place", *NEEDED),
        [model.name for model in data.models],
        share=False,  # as the verdicts write them
        zoom=True,
        step=17,
    )


def agreement_group(data: ReportData) -> Group | None:
    """Return how alike the maps of two models are, a dot a pair."""
    if data.salience_agreement.is_empty():
        return None
    rows = data.salience_agreement.filter(
        (pl.col("measure") == "agreement_rank_correlation") & pl.col("value").is_not_null()
    )
    if rows.is_empty():
        return None
    pair = pl.format("{} and {}", "model", "other")
    varying = [name for name in ("condition", "dataset") if rows[name].n_unique() > 1]
    place = pl.concat_str([pl.col(name) for name in ("method", *varying)], separator=", ")
    rows = rows.with_columns(pair.alias("model"), place.alias("place"))
    places = unique(rows["place"])
    return Group(
        key="salience-agreement",
        section=_SECTION,
        title="How far models agree",
        sentence="Of one image and one class: 1 where two models rank its pixels alike, 0 where "
        "nothing is shared.",
        panels=tuple(
            Panel(
                chart=dot_chart(
                    slug("salience-agreement", one if len(places) > 1 else ""),
                    f"Rank correlation of two models\N{RIGHT SINGLE QUOTATION MARK} maps, {one}",
                    rows.filter(place=one).select("place", *NEEDED),
                    unique(rows["model"]),
                    share=False,
                    zoom=True,
                    neutral=True,
                )
            )
            for one in places
        ),
        about=("salience", "agreement"),
        models=False,  # a pair is none
    )


def pair_table(differences: pl.DataFrame) -> Table:
    """Return the paired differences of two models' measures, those that are surest first.

    Args:
        differences: From `compare_salience`.
    """
    caption = (
        "Salience measures, the model minus the other on the same images, paired t with 95 % "
        "intervals; p corrected over all rows (Holm). Exploratory: it decides nothing."
    )
    if differences.is_empty():
        return table_of("salience-differences", caption, differences)
    columns = [*_ahead(differences), "n", "difference", "low", "high", "p", "p_holm"]
    shown = differences.rename({"value": "model_value"})
    rest = [name for name in shown.columns if name not in columns]
    ordered = shown.sort("p_holm", nulls_last=True, maintain_order=True)
    return table_of("salience-differences", caption, ordered.select(*columns, *rest), share=False)


def _ahead(differences: pl.DataFrame) -> Iterator[str]:
    """Yield the columns that say what is compared; the data set only where there are several."""
    yield from ("model", "other", "measure", "method", "condition")
    if differences["dataset"].n_unique() > 1:
        yield "dataset"
