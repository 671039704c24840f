"""`cuelens score`: whose decisions follow shape, and whose texture."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cuelens.cli.answer_tables import interval, print_answers
from cuelens.cli.console import say, table
from cuelens.errors import ConfigError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["score"]


def score(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="DECISIONS.csv...", help="CSV files, or folders of them."),
    ],
    pool: Annotated[
        list[str] | None,
        typer.Option(help="Take observers together too, such as humans='subject-*'."),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(help="Compare all with this observer; if omitted, each with each of 4."),
    ] = None,
) -> None:
    """Print shape bias, its intervals and the comparisons of observers, from their decisions.

    Two layouts are read. The published response files: subj, session, trial, rt, object_response,
    category, condition, imagename. Your own: model, image, shape, texture, prediction, and, where
    known, shape_source, texture_source and dataset.

    Where observers are more than four, give --against to compare them in pairs.

    Example: cuelens score raw-data/style-transfer-512-nomask-experiment --pool humans='subject-*'
    """
    from cuelens.study import score_decisions

    found = score_decisions(files, pools=dict(map(_pool, pool or ())), against=against)
    title, right = "Right, by the category that counts", found.accuracies
    table(title, *_right(right), name="right", data=right.iter_rows(named=True))
    if len(found.answers):
        print_answers(found.answers)
    if len(found.comparisons):
        title, pairs = "First minus second, same images; p by Holm", found.comparisons
        table(title, *_differences(pairs), name="comparisons", data=pairs.iter_rows(named=True))
        title, alike = "Error consistency, all images", found.consistencies
        table(title, *_consistencies(alike), name="consistency", data=alike.iter_rows(named=True))
    for sentence in found.sentences:
        say(sentence)


def _pool(text: str) -> tuple[str, str]:
    name, _, pattern = text.partition("=")
    if not name or not pattern:
        raise ConfigError(f"`--pool` must be NAME=PATTERN, got {text!r}. Such as humans=subject-*.")
    return name, pattern


def _right(found: "pl.DataFrame") -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    columns = ("observer", "data set", "images", "answers", "right")
    return columns, [
        (
            row["model"],
            row["dataset"],
            f"{row['n']:,}",
            f"{row['answers']:,}",
            interval(row, value="value"),
        )
        for row in found.iter_rows(named=True)
    ]


def _differences(found: "pl.DataFrame") -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    columns = (
        "first", "second", "data set", "quantity", "images", "difference",
        "only first, only second", "p", "method",
    )  # fmt: skip
    rows: list[tuple[str, ...]] = []
    for row in found.iter_rows(named=True):
        only = "" if row["only_first"] is None else f"{row['only_first']}, {row['only_second']}"
        p = "" if row["p_holm"] is None else f"{row['p_holm']:.2g}"
        quantity = "right" if row["quantity"] == "accuracy" else row["quantity"]
        difference = row["note"] or interval(row, value="difference")
        method = row["method"] or ""
        method = f"{method}, McNemar" if only else method
        place = (row["first"], row["second"], row["dataset"], quantity)
        rows.append((*place, f"{row['n']:,}", difference, only, p, method))
    return columns, rows


def _consistencies(found: "pl.DataFrame") -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    columns = ("first", "second", "data set", "images", "agree", "expected", "kappa")
    return columns, [
        (
            row["first"],
            row["second"],
            row["dataset"],
            f"{row['n']:,}",
            *(
                "-" if row[name] is None else f"{row[name]:.3f}"
                for name in ("observed", "expected")
            ),
            interval(row, value="kappa") if row["kappa"] is not None else row["note"],
        )
        for row in found.iter_rows(named=True)
    ]
