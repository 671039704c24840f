"""The order in which a report shows things: records come in the order of their keys, which is none.

Families as `wording` lists them, then their levels as numbers, then the models as the study lists
them. Attacks stand by name, then by radius, the members of a suite before its worst case.
"""

from dataclasses import replace
from typing import Any

import polars as pl

from cuelens.report import wording
from cuelens.report.data import ReportData
from cuelens.study.outcomes.attack_names import attack_order

__all__ = ["in_order"]


def in_order(data: ReportData) -> ReportData:
    """Return the same data with the rows of its tables in reading order."""
    return replace(
        data,
        summaries=_sorted(data.summaries, data),
        answers=_sorted(data.answers, data),
        salience=_sorted(data.salience, data),
        salience_differences=_sorted(data.salience_differences, data),
        salience_agreement=_sorted(data.salience_agreement, data),
        comparisons=_sorted(data.comparisons, data),
        consistencies=_sorted(data.consistencies, data),
    )


def _sorted(frame: pl.DataFrame, data: ReportData) -> pl.DataFrame:
    if frame.is_empty() or "condition" not in frame.columns:
        return frame
    names = [model.name for model in data.models]
    conditions = [text or "" for text in frame["condition"].to_list()]
    families = [condition.partition("=")[0] for condition in conditions]
    if "family" in frame.columns:
        families = frame["family"].to_list()
    known = list(wording.ORDER)
    known += [family for family in dict.fromkeys(families) if family not in known]
    datasets, attacks = _by_size(frame), _attacks(frame)
    model = next((c for c in ("model", "first") if c in frame.columns), None)
    models = [] if model is None else frame[model].to_list()
    keys: dict[str, list[Any]] = {
        "_data": [datasets.index(name) for name in frame["dataset"].to_list()] if datasets else [],
        "_family": [known.index(family) for family in families],
        "_level": [float(attacks.get(name, _number(name))) for name in conditions],
        "_condition": conditions,
        "_model": [names.index(one) if one in names else len(names) for one in models],
    }
    columns = [pl.Series(name, values) for name, values in keys.items() if values]
    used = [column.name for column in columns]
    return frame.with_columns(columns).sort(used, maintain_order=True).drop(used)


def _by_size(frame: pl.DataFrame) -> list[str]:
    """Return the data sets, the one under most conditions first."""
    if "dataset" not in frame.columns:
        return []
    counts = frame.group_by("dataset").agg(count=pl.col("condition").n_unique())
    return list(counts.sort("count", "dataset", descending=[True, False])["dataset"])


def _attacks(frame: pl.DataFrame) -> dict[str, int]:
    """Return the place of each attack among the attacks."""
    if not {"family", "level"} <= set(frame.columns):
        return {}
    attacks = frame.filter(pl.col("family") == "attack").select("condition", "level")
    return attack_order(dict(sorted(attacks.unique("condition").iter_rows())))


def _number(condition: str) -> float:
    try:
        return float(condition.partition("=")[2])
    except ValueError:
        return 0.0
