"""Tables of answers on images whose cues are in conflict, as rows of text."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cuelens.cli.console import table

if TYPE_CHECKING:
    import polars as pl

__all__ = ["interval", "print_answers", "print_ranks"]

_BIAS_TITLE = (
    "Shape bias with 95 % intervals; read the crossed one where there is one: images share shapes "
    "and textures"
)


_COUNTS = ("n", "shape", "texture", "other", "congruent")
_BIAS = (
    "bias", "crossed_low", "crossed_high", "low", "high", "class_low", "class_high", "note",
)  # fmt: skip
_RANKS = tuple(
    f"{cue}_{name}"
    for cue in ("shape", "texture")
    for name in ("reciprocal_rank", "rank_low", "rank_high")
)


def interval(row: dict[str, Any], prefix: str = "", value: str | None = None) -> str:
    """Return "value [low, high]", the limits alone, or a dash where there are none."""
    low, high = row[f"{prefix}low"], row[f"{prefix}high"]
    if low is None:
        return "-"
    shown = "" if value is None else f"{row[value]:.3f} "
    return f"{shown}[{low:.3f}, {high:.3f}]"


def _place(row: dict[str, Any]) -> str:
    clean = row["condition"] == "clean"
    return str(row["dataset"]) if clean else f"{row['dataset']}, {row['condition']}"


def _count_rows(found: "pl.DataFrame") -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return column names and rows of how many answers follow which cue."""
    columns = (
        "observer",
        "data set",
        "answers",
        "shape",
        "texture",
        "other",
        "left out: congruent",
    )
    return columns, [
        (row["model"], _place(row), *(f"{row[field]:,}" for field in _COUNTS))
        for row in found.iter_rows(named=True)
    ]


def _bias_rows(found: "pl.DataFrame") -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return column names and rows of the shape bias with each of its intervals."""
    columns = (
        "observer",
        "data set",
        "shape bias",
        "shapes and textures crossed",
        "by image",
        "by class",
    )
    return columns, [
        (
            row["model"],
            _place(row),
            "-" if row["bias"] is None else f"{row['bias']:.4f}",
            interval(row, "crossed_"),
            interval(row),
            interval(row, "class_"),
        )
        for row in found.iter_rows(named=True)
    ]


def print_answers(found: "pl.DataFrame") -> None:
    """Print how many answers follow which cue, and the shape bias."""
    title = "Answers on images whose shape and texture differ"
    table(title, *_count_rows(found), name="answers", data=_columns(found, *_COUNTS))
    table(_BIAS_TITLE, *_bias_rows(found), name="shape-bias", data=_columns(found, *_BIAS))


def print_ranks(found: "pl.DataFrame") -> None:
    """Print the mean reciprocal rank of the class of each cue."""
    title = "Mean reciprocal rank of each cue's class"
    table(title, *_rank_rows(found), name="ranks", data=_columns(found, *_RANKS))


def _columns(found: "pl.DataFrame", *names: str) -> Iterator[dict[str, Any]]:
    """Return whose answers, and these columns, for programs."""
    return found.select("model", "dataset", "condition", *names).iter_rows(named=True)


def _rank_rows(found: "pl.DataFrame") -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return column names and rows of the reciprocal ranks of both cues' classes."""
    columns = ("observer", "data set", "shape", "texture")
    return columns, [
        (
            row["model"],
            _place(row),
            *(
                interval(row, f"{cue}_rank_", f"{cue}_reciprocal_rank")
                for cue in ("shape", "texture")
            ),
        )
        for row in found.iter_rows(named=True)
    ]
