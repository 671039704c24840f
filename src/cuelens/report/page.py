"""The page: one HTML file that asks the network for nothing, with its figures and tables beside it.

It puts parts together and writes them; it computes no number.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import vl_convert
import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from cuelens.files import write_atomically
from cuelens.report import cards, cue_panels, palette, panels, strips, wording, written
from cuelens.report.charts import Chart, without_legends
from cuelens.report.data import Check, ReportData
from cuelens.report.figures import chart_svg, png_of, svg_uri
from cuelens.report.groups import Group, named_apart
from cuelens.report.order import in_order
from cuelens.report.overview import tables_of

__all__ = ["groups_of", "write_report"]

_OPEN_STRIPS = 4
"""So many strips are shown at once; the others unfold."""
_FORMS = {
    "csv": ("CSV", written.csv_text),
    "tex": ("LaTeX", written.latex_text),
    "md": ("Markdown", written.markdown_text),
    "json": ("JSON", written.json_text),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Legend:
    """An entry of a legend: its name, its place and its mark."""

    name: str
    place: int
    path: str
    dash: str


def write_report(data: ReportData, folder: Path) -> Path:
    """Write report.html, tables/ and figures/ into a folder; each file whole or not at all.

    Args:
        data: Everything that is shown.
        folder: A run's folder; made as needed.

    Returns:
        The page.

    Raises:
        StorageError: If the disk is full, or the folder cannot be written.
    """
    data = in_order(data)
    groups = groups_of(data)
    charts = [panel.chart for group in groups for panel in group.panels]
    figures = {chart.name: chart_svg(chart, models=len(data.models)) for chart in charts}
    for name, svg in figures.items():
        write_atomically(folder / "figures" / f"{name}.svg", svg)
    names = [model.name for model in data.models]
    for place, strip in enumerate(data.strips, start=1):
        svg = strips.strip_svg(strip, names)
        write_atomically(folder / "figures" / f"strip-{place}.svg", svg)
        write_atomically(folder / "figures" / f"strip-{place}.png", png_of(svg))
    for table in tables_of(data).values():
        for ending, (_, text_of) in _FORMS.items():
            write_atomically(folder / "tables" / f"{table.name}.{ending}", text_of(table))
    page = folder / "report.html"
    write_atomically(page, _page_text(data, groups, figures))
    return page


def _page_text(data: ReportData, groups: tuple[Group, ...], figures: Mapping[str, str]) -> str:
    """Return the page.

    Args:
        data: Everything that is shown.
        groups: Its charts.
        figures: SVG of each chart by name, shown in print and where scripts do not run.
    """
    environment = Environment(
        loader=PackageLoader("cuelens.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    count = len(data.models)
    names = [model.name for model in data.models]
    checks = _merged(data.checks)
    scripts = [Markup(_library()), _own("page.js")]  # noqa: S704 - both come with packages
    themes = {name: palette.theme(dark=name == "dark", models=count) for name in ("light", "dark")}
    template = environment.get_template("page.html.j2")
    return template.render(
        data=data,
        headline=data.headline or wording.headline(data.verdicts),
        tally=cards.tally(data.verdicts),
        cards=cards.cards_of(data.verdicts, checks),
        all_checks=checks,
        groups=groups,
        models_legend=_legend(names),
        legend_of=_legend,
        cues=tuple(palette.CUES),
        colours=palette,
        places=max(len(data.models), len(palette.LIGHT)),
        strips=[(one, strips.columns_of(one), strips.rows_of(one, names)) for one in data.strips],
        open_strips=_OPEN_STRIPS,
        uri=strips.picture_uri,
        tables=tables_of(data),
        forms={ending: title for ending, (title, _) in _FORMS.items()},
        doubts_of=lambda about: [c for c in checks if c.raised and set(about) & set(c.about)],
        stills={name: svg_uri(svg) for name, svg in figures.items()},
        words=wording,
        settings=_yaml(data.settings),
        style=_own("style.css"),
        scripts=scripts,
        policy=_policy(scripts),
        themes=_json(themes),
        spec=lambda chart: _json(_page_spec(chart)),
    )  # fmt: skip


def groups_of(data: ReportData) -> tuple[Group, ...]:
    """Return every group of charts in the order of the page."""
    found = (
        *panels.curve_groups(data),
        panels.change_group(data),
        *panels.plain_groups(data),
        *panels.attack_groups(data),
        cue_panels.answer_group(data),
        cue_panels.dose_group(data),
        *cue_panels.salience_groups(data),
    )
    return named_apart(group for group in found if group is not None)


def _yaml(settings: Mapping[str, Any]) -> str:
    """Return settings as a study file writes them."""
    return yaml.safe_dump(
        _plain(settings), sort_keys=False, default_flow_style=None, allow_unicode=True, width=96
    )


def _plain(value: Any) -> Any:
    """Return settings as YAML can write them; what it does not know becomes text."""
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _merged(checks: Sequence[Check]) -> tuple[Check, ...]:
    """Return the checks, those that say the same of several things as one; doubts first."""
    about: dict[tuple[bool, str, str], list[str]] = {}
    for check in checks:
        about.setdefault((not check.raised, check.name, check.sentence), []).extend(check.about)
    ordered = sorted(about, key=lambda key: key[0])
    return tuple(
        Check(name=name, raised=not passed, sentence=sentence, about=tuple(dict.fromkeys(names)))
        for passed, name, sentence in ordered
        for names in [about[passed, name, sentence]]
    )


def _legend(names: Sequence[str]) -> tuple[_Legend, ...]:
    return tuple(
        _Legend(
            name=name,
            place=place,
            path=palette.PATHS[palette.mark_of(place)],
            dash=" ".join(str(length) for length in palette.dash_of(place)),
        )
        for place, name in enumerate(names)
    )


def _page_spec(chart: Chart) -> dict[str, Any]:
    return without_legends(chart.spec) | {"width": "container"}


def _json(value: Any) -> Markup:
    """Return JSON that ends no script element, whatever text is in it."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character, code in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        text = text.replace(character, code)
    return Markup(text)  # noqa: S704 - escaped above


_SNIPPET = "window.vegaEmbed = vegaEmbed;"


@cache
def _library() -> str:
    """Return Vega, Vega-Lite and its embedding as one script that sets `window.vegaEmbed`."""
    bundle = vl_convert.javascript_bundle(_SNIPPET).replace("</script", "<\\/script")
    return f"(function () {{{bundle}\n}})();"  # its globals collide with others


def _own(name: str) -> Markup:
    folder = Path(__file__).parent / "templates"
    return Markup((folder / name).read_text(encoding="utf-8"))  # noqa: S704 - a file of this package


def _policy(scripts: list[Markup]) -> str:
    """Return a content policy: these scripts and no other, no request to anywhere."""
    digests = [hashlib.sha256(script.encode()).digest() for script in scripts]
    allowed = " ".join(f"'sha256-{base64.b64encode(one).decode('ascii')}'" for one in digests)
    return (
        f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src {allowed}; "
        "base-uri 'none'; form-action 'none'"
    )
