"""The page of `cuelens compare`: two runs side by side, in the look of a report.

It draws differences that are already computed.
"""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from cuelens.files import write_atomically
from cuelens.report import wording
from cuelens.report.compared_tables import COMPARED, compared_tables, outcome_of
from cuelens.report.dots import dot_chart
from cuelens.report.groups import NEEDED, Group, Panel, named_apart, slug, unique
from cuelens.report.shared import page_text, write_figures, write_tables
from cuelens.study.gate.run_comparison import RunComparison
from cuelens.study.verdicts.sentences import counted, listed

__all__ = ["compare_report", "headline_of", "networks_of"]

_ALPHA = 0.05
_CLEAR = (
    "Clear is what has p below .05 after Holm\N{RIGHT SINGLE QUOTATION MARK}s correction over all "
    "differences: of so many, chance alone takes one interval in twenty off zero, so that an "
    "interval which misses zero is not enough."
)
_RIGHT_IN_EITHER = "n: images that the model gets right when clean in either run."
_SENTENCES = {
    "accuracy": "Share of all images that are right. n: all images.",
    "retention": f"Share that stays right of what is right when clean. {_RIGHT_IN_EITHER}",
    "robust_accuracy": "Share of images that stay right under attack. n: all images attacked.",
    "shape_bias": "Share of shape among the answers that follow shape or texture. n: images whose "
    "answer follows one of them in either run.",
    "cue_reliance": f"{wording.CUE_PROFILE} {_RIGHT_IN_EITHER}",
}
"""What each quantity is, and which images its n counts."""


def compare_report(found: RunComparison, out: Path, *, created: str | None = None) -> Path:
    """Write compare.html, tables/ and figures/ into a folder; each file whole or not at all.

    Args:
        found: From `compare_runs`.
        out: Made as needed.
        created: Date, as YYYY-MM-DD; None: today's.

    Returns:
        The page.

    Raises:
        StorageError: If the disk is full, or the folder cannot be written.
    """
    groups = named_apart(_groups(found))
    charts = [panel.chart for group in groups for panel in group.panels]
    figures = write_figures(out / "figures", charts, models=len(found.models))
    tables = compared_tables(found)
    write_tables(out / "tables", tables)
    text = page_text(
        "compare.html.j2",
        models=found.models,
        checks=(),
        figures=figures,
        title=" against ".join(_names(found)),
        headline=headline_of(found),
        lead=_lead(found),
        created=created or datetime.now(tz=UTC).date().isoformat(),
        groups=groups,
        doubted=any(found.differences["doubts"].list.len() > 0),
        networks=networks_of(found),
        studies=any(found.settings),
        tables=tables,
        verdicts=len(found.verdicts),
        turned=sum(outcome_of(one) != outcome_of(other) for one, other in found.verdicts),
    )
    page = out / "compare.html"
    write_atomically(page, text)
    return page


def headline_of(found: RunComparison) -> str:
    """Return what the comparison comes to, in one sentence."""
    known = found.differences.filter(pl.col("p_holm").is_not_null())
    clear = known.filter(pl.col("p_holm") < _ALPHA)
    what = f"{' against '.join(_names(found))}: "
    if (known["difference"] == 0).all():
        return f"{what}no difference in {counted(len(known), 'comparison')}"
    of = counted(len(known), "difference")
    if clear.is_empty():
        return f"{what}none of {of} is clear"
    up, down = (clear.filter(sign) for sign in (pl.col("difference") > 0, pl.col("difference") < 0))
    are = "is" if len(clear) == 1 else "are"
    return f"{what}{len(clear):,} of {of} {are} clear, {len(up):,} up and {len(down):,} down"


def networks_of(found: RunComparison) -> str:
    """Return whether the networks are the same in both runs, in one sentence."""
    others = found.other_networks
    if others:
        are = "is another network" if len(others) == 1 else "are other networks"
        return f"{listed(others)} {are} in the run than in the baseline, by fingerprint."
    same = "is the same network" if len(found.models) == 1 else "are the same networks"
    return f"{listed(found.models)} {same} in both runs, by fingerprint."


def _names(found: RunComparison) -> tuple[str, str]:
    """Return the names of the two folders, with as many parents as tell them apart."""
    run, baseline = (folder.resolve().parts for folder in (found.run, found.baseline))
    for depth in range(1, max(len(run), len(baseline)) + 1):
        names = "/".join(run[-depth:]), "/".join(baseline[-depth:])
        if names[0] != names[1]:
            return names
    return run[-1], baseline[-1]


def _lead(found: RunComparison) -> str:
    models = counted(len(found.models), "model")
    what = "the run minus the baseline on the same images, with 95 % intervals"
    parts = [f"{models} that both runs hold, {what}.", _CLEAR]
    if found.alone:
        names = ", ".join(f"{name} ({folder})" for name, folder in found.alone)
        parts.append(f"In one run alone: {names}.")
    return " ".join(parts)


def _groups(found: RunComparison) -> list[Group]:
    """Return a group a quantity: its differences, a row each condition, a dot a model."""
    known = found.differences.filter(pl.col("difference").is_not_null())
    groups = []
    for quantity in unique(known["quantity"]):
        rows = known.filter(pl.col("quantity") == quantity)
        chart = dot_chart(
            slug("difference", quantity),
            f"{COMPARED[quantity]}, run minus baseline",
            rows.with_columns(value=pl.col("difference"), place=_places(rows)).select(
                "place", *NEEDED
            ),
            found.models,
            signed=True,
            points=True,
        )
        groups.append(
            Group(
                key=slug("compared", quantity),
                section="Differences",
                title=COMPARED[quantity],
                sentence=_SENTENCES[quantity],
                panels=(Panel(chart=chart),),
            )
        )
    return groups


def _places(rows: pl.DataFrame) -> pl.Series:
    """Return the condition of each row, those marked of which a check doubts a number."""
    doubted = set(rows.filter(pl.col("doubts").list.len() > 0)["condition"])
    names = [f"{name} (doubted)" if name in doubted else name for name in rows["condition"]]
    return pl.Series(names, dtype=pl.String)
