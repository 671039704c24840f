"""The tables of a report, from its data.

Every table that the page shows is here, and is written beside it in four forms.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from cuelens.report import wording
from cuelens.report.attack_panels import curve_table, result_table
from cuelens.report.data import Rate, ReportData, Verdict
from cuelens.report.profile_panels import difference_table, profile_table
from cuelens.report.salience_panels import pair_table
from cuelens.report.tables import Table, table_of

__all__ = ["flat", "tables_of"]

_LONG = 60
"""Characters of a recipe beyond which it stands below the table of models, not in it."""
_SHORT = 12
"""Characters of a fingerprint as shown."""
_AGREEMENT = "How alike the maps of two models are: means over n images."
_COMPARISONS = (
    "Comparisons between models. n: all images for accuracy; those right when clean, for both "
    "models (pair-common accuracy) or for either (retention, cue reliance); those that either "
    "answers by shape or by texture (shape bias)."
)
_LETTERS = (
    "Exploratory: models that share a letter cannot be told apart there (p of .05 or more after "
    "Holm's correction over all comparisons)."
)
_PIVOTS = ("retention", "accuracy")


def tables_of(data: ReportData) -> dict[str, Table]:
    """Return every table with at least one row, by name, in the order of the page."""
    tables = [_preflights(data), _verdicts(data), _models(data)]
    tables += [profile_table(data.profile), difference_table(data.comparisons)]
    tables += [*(_pivot(data, quantity) for quantity in _PIVOTS)]
    tables += [
        table_of(
            "answers",
            "Answers on conflict images: counts, and shape bias with its 95 % interval.",
            data.answers,
            share=True,
        ),
        table_of("salience", "Salience measures: means over n images.", data.salience),
        pair_table(data.salience_differences),
        table_of("salience-agreement", _AGREEMENT, data.salience_agreement, share=False),
    ]
    names = [model.name for model in data.models]
    tables.append(result_table(data.attack_results, names))
    tables.append(curve_table(data.attack_curves))
    if data.dose_response is not None:
        caption = f"{data.dose_response.quantity}, against texture contrast."
        tables.append(table_of("dose-response", caption, data.dose_response.frame, share=True))
    tables += [
        table_of("comparisons", _COMPARISONS, data.comparisons),
        table_of("indistinct", _LETTERS, data.letters),
        table_of(
            "error-consistency",
            "Error consistency: whether two models err on the same images (kappa 1: on the same, "
            "0: as often as chance has it).",
            data.consistencies,
            share=False,
        ),
        _checks(data),
        _pairs("settings", "Settings that determine the run.", flat(data.settings)),
        _pairs("versions", "Versions of what computed it.", dict(data.versions)),
        *_certificate(data),
        table_of("everything", "Every summary of the records.", data.summaries),
    ]
    return {table.name: table for table in tables if table.rows}


def flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Return nested settings as dotted names and text."""
    found: dict[str, str] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping) and value:
            found |= flat(value, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = "" if value is None else str(value)
    return found


def _pairs(name: str, caption: str, pairs: Mapping[str, str]) -> Table:
    frame = pl.DataFrame(
        {"name": list(pairs), "value": list(pairs.values())},
        schema={"name": pl.String, "value": pl.String},
    )
    return table_of(name, caption, frame)


def _certificate(data: ReportData) -> list[Table]:
    """Return what was checked on the machine, and what is known of it."""
    one = data.certificate
    if one is None:
        return []
    frame = pl.DataFrame(
        [
            {
                "oracle": oracle.name,
                "claim": oracle.claim,
                "expected": oracle.expected,
                "got": oracle.got,
                "result": "passed" if oracle.passed else "failed",
            }
            for oracle in one.oracles
        ]
    )
    about = one.machine | {f"version of {name}": number for name, number in one.versions.items()}
    return [
        table_of("certificate", "Oracles: claims whose truth is known beforehand.", frame),
        _pairs("certified-machine", "The machine on which they were checked.", about),
    ]


def _verdicts(data: ReportData) -> Table:
    rows = [row for verdict in data.verdicts for row in _verdict_rows(verdict)]
    schema: dict[str, Any] = {
        "claim": pl.String, "outcome": pl.String, "confirmatory": pl.Boolean,
        "quantity": pl.String, "first": pl.String, "second": pl.String, "expected": pl.String,
        "margin": pl.Float64, "difference": pl.Float64, "low": pl.Float64, "high": pl.Float64,
        "p": pl.Float64, "n": pl.Int64, "method": pl.String,
    }  # fmt: skip
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    plain = table_of(
        "verdicts",
        f"Verdicts on the claims, one row a comparison. {wording.VERDICT_COUNT}",
        frame,
    )
    # Points where the effects are shares: the column `quantity` alone does not say which.
    places = [plain.header.index(name) for name in ("margin", "difference", "95 % interval")]
    shown = []
    flags = [v.percent for v in data.verdicts for _ in range(max(1, len(v.effects)))]
    for cells, row, share in zip(plain.rows, rows, flags, strict=True):
        new = list(cells)
        margin, difference, low, high = row[7:11]
        unit = " points" if share else ""
        new[places[0]] = wording.points(margin, share=share).lstrip("+") + unit
        if difference is not None:
            new[places[1]] = wording.points(difference, share=share) + unit
            new[places[2]] = wording.span(low, high, share=share)
        else:
            new[places[2]] = ""
        shown.append(tuple(new))
    return Table(
        name=plain.name,
        caption=plain.caption,
        frame=frame,
        header=plain.header,
        rows=tuple(shown),
        numeric=plain.numeric,
    )


def _verdict_rows(verdict: Verdict) -> list[tuple[Any, ...]]:
    start = (verdict.claim, verdict.outcome, verdict.confirmatory, verdict.quantity)
    expected = (verdict.direction, verdict.margin)
    rows = [
        (*start, e.first, e.second, *expected, e.difference, e.low, e.high, e.p, e.n, e.method)
        for e in verdict.effects
    ]
    return rows or [(*start, None, None, *expected, *[None] * 6)]


def _models(data: ReportData) -> Table:
    rows = []
    for model in data.models:
        row: dict[str, Any] = {"model": model.name, "recipe": model.recipe}
        row |= {"network": model.network, "parameters": model.parameters}
        for name, rate in (("clean accuracy", model.clean), ("robust accuracy", model.robust)):
            for part in ("value", "low", "high", "n"):
                row[f"{name}: {part}"] = None if rate is None else getattr(rate, part)
        row |= {"training seconds": model.training_seconds, "seed": model.seed}
        rows.append(row | {"fingerprint": model.fingerprint})
    clean, robust = ([getattr(m, name) for m in data.models] for name in ("clean", "robust"))
    long = any(len(model.recipe) > _LONG for model in data.models)
    shown = [
        (
            model.name,
            _rate(model.clean, alone=_same_count(clean)),
            _rate(model.robust, alone=_same_count(robust)),
            *([] if long else [model.recipe]),
            model.network,
            "not known" if model.parameters is None else f"{model.parameters:,}",
            wording.duration(model.training_seconds),
            "" if model.seed is None else str(model.seed),
            model.fingerprint[:_SHORT],
        )
        for model in data.models
    ]
    return Table(
        name="models",
        caption="The models, with 95 % intervals of their accuracies.",
        frame=pl.DataFrame(rows, infer_schema_length=None),
        header=("model", f"clean accuracy{_same_count(clean)}",
                f"robust accuracy{_same_count(robust)}", *([] if long else ["recipe"]), "network",
                "parameters", "training", "seed", "fingerprint"),
        rows=tuple(shown),
        numeric=(False, True, True, *([] if long else [False]), False, True, True, True, False),
    )  # fmt: skip


def _same_count(rates: Sequence[Rate | None]) -> str:
    """Return the n that all rates have, for a header, or nothing."""
    counts = {rate.n for rate in rates if rate is not None}
    return f" (n = {counts.pop():,})" if len(counts) == 1 else ""


def _rate(rate: Rate | None, *, alone: str) -> str:
    if rate is None:
        return "not measured"
    text = wording.interval(rate.value, rate.low, rate.high, share=True)
    return text if alone else f"{text}, n = {rate.n:,}"


def _pivot(data: ReportData, quantity: str) -> Table:
    """Return one quantity with a row a condition and a column a model."""
    own = data.summaries.filter(pl.col("quantity") == quantity)
    found: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
    for row in own.iter_rows(named=True):
        found.setdefault((row["dataset"], row["condition"]), {})[row["model"]] = row
    models = [model.name for model in data.models]
    rows, shown = [], []
    for key, by_model in found.items():
        row = {"dataset": key[0], "condition": key[1]}
        cells, counts = [], []
        for model in models:
            one = by_model.get(model)
            for part in ("value", "low", "high", "n"):
                row[f"{model}: {part}"] = None if one is None else one[part]
            cells.append("")
            if one is not None:
                share = wording.is_share(quantity)
                cells[-1] = wording.interval(one["value"], one["low"], one["high"], share=share)
                counts.append(f"{one['n']:,}")
        rows.append(row)
        shown.append((*key, *cells, " / ".join(dict.fromkeys(counts))))
    return Table(
        name=quantity,
        caption=f"{quantity.capitalize()} by condition, with 95 % intervals.",
        frame=pl.DataFrame(rows, infer_schema_length=None),
        header=("dataset", "condition", *models, "n"),
        rows=tuple(shown),
        numeric=(False, False, *[True] * len(models), True),
        columns_of=dict(enumerate(models, start=2)),
    )


def _preflights(data: ReportData) -> Table:
    rows = [
        (model, one.name, one.check(model).result, one.sentence, one.fix)
        for model, found in data.preflights.items()
        for one in found
    ]
    names = ("model", "finding", "result", "measured", "fix")
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
    return table_of("preflight", "What the pre-flight of each model found.", frame)


def _checks(data: ReportData) -> Table:
    rows = [
        (check.name, check.result, check.sentence, ", ".join(check.about)) for check in data.checks
    ]
    names = ("check", "result", "sentence", "about")
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
    return table_of("checks", "Named checks of the numbers.", frame)
