"""The README of a build: how it was made, whom to credit, what was converted, what is missing."""

import inspect
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from cuelens.datasets import Problem

__all__ = ["Account", "problems_of", "source_of", "written_readme"]

_MADE = (
    "Written by cuelens; the number of processes changes no byte. `--check` behind the same words "
    "verifies every file; the same words alone make those again that are missing or altered."
)
_MANIFEST = (
    "`manifest.parquet` has a row for each image: file and SHA-256 of source and output, "
    "condition, settings, style, seed, draw, class, what was converted; and a row with a `problem` "
    "for each file of the source that gave none, and for each style picture that cannot be read. A "
    "file that could not be made stops nothing: the command ends with code 0 and lists it, as "
    "below."
)
_MOST_NAMED = 200
"""Files named one by one; the manifest names all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """What a build says of itself.

    Attributes:
        title: Of the README.
        sentence: What is done to an image.
        command: That makes it again; OUT stands for the folder.
        condition: Its name, such as "saturation=8".
        settings: Of the method, as Python writes them.
        version: Of the method.
        credit: Lines behind `Source:` in the method's documentation.
        reading: How the copy is read.
    """

    title: str
    sentence: str
    command: str
    condition: str
    settings: str
    version: int
    credit: str
    reading: str


def source_of(method: object) -> str:
    """Return what stands behind `Source:` in a method's documentation."""
    text = inspect.getdoc(method) or ""
    _, _, credit = text.partition("Source:\n")
    return " ".join(credit.split()).replace(" Differs:", "\n\nDiffers:")


def problems_of(rows: pl.DataFrame) -> tuple[Problem, ...]:
    """Return what could not be done and why, each file once, in the order of the manifest."""
    failed = rows.filter(pl.col("problem").is_not_null())
    file = pl.coalesce("source", pl.concat_str(pl.lit("style "), "style"))
    told = failed.select(file, "problem").unique(maintain_order=True)
    return tuple(Problem(path=path, reason=reason) for path, reason in told.iter_rows())


def written_readme(account: Account, rows: pl.DataFrame, *, seed: int, draws: int) -> str:
    """Return the README.

    Args:
        account: What the build says of itself.
        rows: Of the manifest.
        seed: The draw seed.
        draws: How many there are of each image.
    """
    made = rows.filter(pl.col("output").is_not_null())
    several = f", {draws} draws each, one folder a draw" if draws > 1 else ""
    parts = [
        f"# {account.title}",
        account.sentence,
        f"{made.height:,} images{several}. Condition `{account.condition}`, draw seed {seed}.",
        "## How it was made",
        f"```\n{account.command}\n```",
        f"Settings: `{account.settings}`, version {account.version} of the method. {_MADE}",
        "## Credits",
        account.credit or "ours.",
        "The images are those of the source and keep its terms.",
        "## How to read it",
        account.reading.strip(),
        _MANIFEST,
        "## What was converted",
        _converted(made),
        "## What could not be done",
        _problems(problems_of(rows)),
    ]
    return "\n\n".join(parts) + "\n"


def _converted(made: pl.DataFrame) -> str:
    told = made.filter(pl.col("conversions") != "")
    if told.is_empty():
        return "Nothing: every image was stored as 8-bit RGB and kept its name."
    kinds = Counter(step for text in told["conversions"] for step in text.split("; "))
    lines = [f"- {count:,} of {made.height:,}: {kind}" for kind, count in kinds.most_common()]
    return _few(lines, "kinds") + "\n\nThe column `conversions` says which."


def _problems(problems: Sequence[Problem]) -> str:
    if not problems:
        return "Nothing: every file of the source has its copy."
    return _few([f"- `{problem.path}`: {problem.reason}" for problem in problems], "files")


def _few(lines: Sequence[str], what: str) -> str:
    more = len(lines) - _MOST_NAMED
    shown = list(lines[:_MOST_NAMED])
    if more > 0:
        shown.append(f"- {more:,} more {what}: see `manifest.parquet`")
    return "\n".join(shown)
