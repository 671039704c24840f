"""What every page shares: its environment, its looks, its scripts and their policy.

It knows how text becomes a page that asks the network for nothing; it does not know what is shown.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import vl_convert
import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from cuelens.files import write_atomically
from cuelens.report import latex, palette, wording, written
from cuelens.report.charts import Chart, hiding_models, without_legends
from cuelens.report.figures import chart_pdf, chart_svg, svg_uri, with_room
from cuelens.report.pictures import picture_uri
from cuelens.report.strip import OWN_IMAGES
from cuelens.report.tables import Table
from cuelens.study.checks.checks import Check

__all__ = ["merged_checks", "page_text", "settings_text", "write_figures", "write_tables"]

_RESULTS = ("doubt", "not checked", "passed")
"""Of checks, in the order in which they are shown."""

_FORMS = {
    "csv": ("CSV", written.csv_text),
    "tex": ("LaTeX", latex.latex_text),
    "md": ("Markdown", written.markdown_text),
    "json": ("JSON", written.json_text),
}

_SCRIPTS = (
    "hidden_models",
    "enlarged_picture",
    "chart_marks",
    "printed",
    "charts",
    "table_search",
    "right_edges",
    "navigation",
)
"""The page's own, in the order in which they run: charts are drawn when the rest can answer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Legend:
    """An entry of a legend: its name, its place and its mark."""

    name: str
    place: int
    path: str
    dash: str


def page_text(
    template: str,
    *,
    models: Sequence[str],
    checks: Sequence[Check],
    figures: Mapping[str, str],
    **shown: Any,
) -> str:
    """Return a page.

    Args:
        template: Name of its file.
        models: All models, in order: they give the colours.
        checks: Every check, merged.
        figures: SVG of each chart by name, shown in print and where scripts do not run.
        **shown: What this page shows besides.
    """
    environment = Environment(
        loader=PackageLoader("cuelens.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    library = [Markup(_library())] if figures else []  # noqa: S704 - it comes with a package
    scripts = [*library, _script()]
    count = len(models)
    themes = {name: palette.theme(dark=name == "dark", models=count) for name in ("light", "dark")}
    return environment.get_template(template).render(
        models_legend=_legend(models),
        legend_of=_legend,
        cues=tuple(palette.CUES),
        colours=palette,
        places=max(count, len(palette.LIGHT)),
        all_checks=checks,
        doubts_of=lambda about: [c for c in checks if c.raised and set(about) & set(c.about)],
        uri=picture_uri,
        own_images=OWN_IMAGES,
        forms={ending: title for ending, (title, _) in _FORMS.items()},
        stills={name: svg_uri(svg) for name, svg in figures.items()},
        words=wording,
        style=_own("style.css"),
        scripts=scripts,
        policy=_policy(scripts),
        themes=_json(themes),
        spec=lambda chart: _json(_page_spec(chart)),
        **shown,
    )


def write_figures(folder: Path, charts: Sequence[Chart], *, models: int) -> dict[str, str]:
    """Write each chart as SVG and PDF, and return the SVG by name.

    Raises:
        StorageError: If the disk is full, or the folder cannot be written.
    """
    figures = {}
    for chart in charts:
        svg = chart_svg(chart, models=models)
        figures[chart.name] = with_room(svg)
        write_atomically(folder / f"{chart.name}.svg", figures[chart.name])
        write_atomically(folder / f"{chart.name}.pdf", chart_pdf(svg))
    return figures


def write_tables(folder: Path, tables: Mapping[str, Table]) -> None:
    """Write each table in its four forms.

    Raises:
        StorageError: If the disk is full, or the folder cannot be written.
    """
    for table in tables.values():
        for ending, (_, text_of) in _FORMS.items():
            write_atomically(folder / f"{table.name}.{ending}", text_of(table))


def settings_text(settings: Mapping[str, Any]) -> str:
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


def merged_checks(checks: Sequence[Check]) -> tuple[Check, ...]:
    """Return the checks, those that say the same of several things as one; doubts first."""
    about: dict[Check, list[str]] = {}
    for check in checks:
        about.setdefault(replace(check, about=()), []).extend(check.about)
    ordered = sorted(about, key=lambda check: _RESULTS.index(check.result))
    return tuple(replace(check, about=tuple(dict.fromkeys(about[check]))) for check in ordered)


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
    params = [*chart.spec.get("params", []), {"name": "hidden", "value": []}]
    shown = hiding_models(without_legends(chart.spec))
    return shown | {"width": "container", "params": params}


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


def _script() -> Markup:
    """Return the page's own script: its files share one scope, in which each function is known."""
    parts = Markup("\n").join(_own(f"scripts/{name}.js") for name in _SCRIPTS)
    return Markup('(function () {{\n"use strict";\n{}}})();').format(parts)


def _policy(scripts: list[Markup]) -> str:
    """Return a content policy: these scripts and no other, no request to anywhere."""
    digests = [hashlib.sha256(script.encode()).digest() for script in scripts]
    allowed = " ".join(f"'sha256-{base64.b64encode(one).decode('ascii')}'" for one in digests)
    return (
        f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src {allowed}; "
        "base-uri 'none'; form-action 'none'"
    )
