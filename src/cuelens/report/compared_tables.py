"""The tables of `cuelens compare`: verdicts, models, differences and settings of two runs.

Nothing here is computed.
"""

from collections.abc import Sequence

import polars as pl

from cuelens.report import wording
from cuelens.report.overview import flat
from cuelens.report.tables import Table, table_of
from cuelens.study.gate.run_comparison import RunComparison
from cuelens.study.verdicts.verdicts import Verdict

__all__ = ["COMPARED", "compared_tables", "outcome_of"]

COMPARED = {
    "accuracy": "Accuracy",
    "retention": "Retention",
    "robust_accuracy": "Robust accuracy",
    "shape_bias": "Shape bias",
    "cue_reliance": "Cue reliance",
}
"""Titles of the quantities."""


def compared_tables(found: RunComparison) -> dict[str, Table]:
    """Return every table with at least one row, by name."""
    tables = (
        _verdicts(found.verdicts),
        _models(found),
        _differences(found.differences),
        _settings(found),
    )
    return {table.name: table for table in tables if table.rows}


def outcome_of(verdict: Verdict | None) -> str:
    """Return what a claim came to in a run, in a word or two."""
    return "not stated" if verdict is None else verdict.outcome


def _why(verdict: Verdict | None) -> str:
    return "" if verdict is None else wording.tidy(verdict.sentence)


def _verdicts(pairs: Sequence[tuple[Verdict | None, Verdict | None]]) -> Table:
    rows = []
    for now, before in pairs:
        claim = (now or before).claim  # type: ignore[union-attr]
        rows.append(
            {
                "claim": claim.statement,
                "baseline": outcome_of(before),
                "run": outcome_of(now),
                "why in the baseline": _why(before),
                "why in the run": _why(now),
            }
        )
    names = ("claim", "baseline", "run", "why in the baseline", "why in the run")
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String))
    return table_of("compared-verdicts", "The verdicts on each claim in both runs.", frame)


def _models(found: RunComparison) -> Table:
    """Return the models whose networks are not the same in both runs."""
    rows = [(name, *reversed(found.weights[name])) for name in found.other_networks]
    schema = dict.fromkeys(("model", "baseline", "run"), pl.String)
    return table_of(
        "compared-models",
        "Fingerprints of networks that are not the same in both runs: of layers, weights and "
        "input; of answers that were imported, their own.",
        pl.DataFrame(rows, schema=schema, orient="row"),
    )


def _differences(frame: pl.DataFrame) -> Table:
    """Return every difference, in points, and the two numbers that it is of."""
    header = ("model", "quantity", "condition", "baseline", "run", "difference",
              "95 % interval", "n", "p (Holm)", "note")  # fmt: skip
    rows = []
    for row in frame.iter_rows(named=True):
        numbers = ("",) * 6
        if row["difference"] is not None:
            numbers = (
                wording.percent(row["before"]),
                wording.percent(row["now"]),
                *wording.difference(row["difference"], row["low"], row["high"]),
                f"{row['n']:,}",
                wording.amount(row["p_holm"]),
            )
        title = COMPARED[row["quantity"]].lower()
        rows.append((row["model"], title, row["condition"], *numbers, row["note"] or ""))
    return Table(
        name="differences",
        caption="The run minus the baseline, image by image; exploratory, p after Holm's "
        "correction over all rows. n: images that count in either run, for retention and cue "
        "reliance those right when clean.",
        frame=frame,
        header=header,
        rows=tuple(rows),
        numeric=tuple(title not in ("model", "quantity", "condition", "note") for title in header),
    )


def _settings(found: RunComparison) -> Table:
    """Return the settings in which the two studies differ."""
    now, before = (flat(one) for one in found.settings)
    names = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    frame = pl.DataFrame(
        {
            "setting": names,
            "baseline": [before.get(name, "") for name in names],
            "run": [now.get(name, "") for name in names],
        },
        schema=dict.fromkeys(("setting", "baseline", "run"), pl.String),
    )
    return table_of("compared-settings", "Settings in which the two studies differ.", frame)
