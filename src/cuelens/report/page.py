"""The page: one HTML file that asks the network for nothing, with its figures and tables beside it.

It puts parts together and writes them; it computes no number.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from cuelens.files import write_atomically
from cuelens.report import (
    attack_panels,
    cards,
    cue_panels,
    headlines,
    panels,
    profile_panels,
    salience_panels,
    strips,
)
from cuelens.report.attack_examples import ExampleStrip, write_examples
from cuelens.report.data import ReportData
from cuelens.report.groups import Group, named_apart
from cuelens.report.order import in_order
from cuelens.report.overview import tables_of
from cuelens.report.shared import (
    merged_checks,
    page_text,
    settings_text,
    write_figures,
    write_tables,
)
from cuelens.report.tables import Table
from cuelens.report.views import views_in

__all__ = ["groups_of", "write_report"]

_OPEN_STRIPS = 4
"""So many strips are shown at once; the others unfold."""
_PRINTED_ROWS = 100
"""Tables of so many rows are printed, unfolded or not."""


def write_report(data: ReportData, folder: Path, *, examples: Sequence[ExampleStrip] = ()) -> Path:
    """Write report.html, tables/ and figures/ into a folder; each file whole or not at all.

    Args:
        data: Everything that is shown.
        folder: A run's folder; made as needed.
        examples: Adversarial examples.

    Returns:
        The page.

    Raises:
        StorageError: If the disk is full, or the folder cannot be written.
    """
    data = in_order(data)
    groups = groups_of(data)
    charts = [panel.chart for group in groups for panel in group.panels]
    figures = write_figures(folder / "figures", charts, models=len(data.models))
    names = [model.name for model in data.models]
    strips.write_strips(folder / "figures", data.strips, names)
    write_examples(folder / "figures", examples)
    tables = tables_of(data)
    write_tables(folder / "tables", tables)
    page = folder / "report.html"
    write_atomically(page, _page_text(data, groups, figures, tables, examples))
    return page


def _page_text(
    data: ReportData,
    groups: tuple[Group, ...],
    figures: Mapping[str, str],
    tables: Mapping[str, Table],
    examples: Sequence[ExampleStrip],
) -> str:
    """Return the page.

    Args:
        data: Everything that is shown.
        groups: Its charts.
        figures: SVG of each chart by name, shown in print and where scripts do not run.
        tables: By name.
        examples: Adversarial examples.
    """
    names = [model.name for model in data.models]
    subjects = {name for check in data.checks for name in check.about}
    checks = merged_checks([salience_panels.told_beside(check) for check in data.checks])
    return page_text(
        "page.html.j2",
        models=names,
        checks=checks,
        subjects_of=lambda check: [name for name in check.about if name in subjects],
        printed_rows=_PRINTED_ROWS,
        figures=figures,
        data=data,
        checks_of_preflight=[
            one.check(model)
            for model, found in data.preflights.items()
            for one in found
            if one.raised
        ],
        headline=data.headline or headlines.headline(data.verdicts),
        tally=cards.tally(data.verdicts),
        cards=cards.cards_of(data.verdicts, checks),
        shared_notes=cards.shared_notes(data.verdicts),
        groups=groups,
        strips=strips.laid_out(data.strips, names),
        views=views_in(data.strips),
        open_strips=_OPEN_STRIPS,
        examples=examples,
        tables=tables,
        settings=settings_text(data.settings),
    )


def groups_of(data: ReportData) -> tuple[Group, ...]:
    """Return every group of charts in the order of the page."""
    names = [model.name for model in data.models]
    found = (
        *profile_panels.profile_groups(data),
        *panels.curve_groups(data),
        panels.change_group(data),
        *panels.plain_groups(data),
        *panels.attack_groups(data),
        *attack_panels.radius_groups(data.attack_results, names),
        *attack_panels.step_groups(data.attack_curves, names),
        cue_panels.answer_group(data),
        cue_panels.dose_group(data),
        *salience_panels.salience_groups(data),
        salience_panels.agreement_group(data),
    )
    return named_apart(group for group in found if group is not None)
