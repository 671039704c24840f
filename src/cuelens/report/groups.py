"""A group of charts under one heading, and how its charts get the names of their files."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from cuelens.report.charts import Chart

__all__ = ["NEEDED", "Group", "Panel", "named_apart", "slug", "unique"]

NEEDED = ("model", "n", "value", "low", "high")
"""The columns that every chart of models needs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Panel:
    """A chart of a group; `control` where it shows a control condition."""

    chart: Chart
    control: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Charts under one heading.

    Attributes:
        key: For links.
        title: A few words.
        sentence: What is shown.
        notes: What must be read beside it, a sentence each.
        panels: The charts.
        about: Names that a check may doubt.
        models: Whether the legend shows the models.
        aside: Names of grey lines that are not models', in the order of their dashes.
        cues: Whether the legend shows the cues too.
        section: Which part of the page it stands in.
    """

    key: str
    section: str
    title: str
    sentence: str
    panels: tuple[Panel, ...]
    about: tuple[str, ...] = ()
    models: bool = True
    aside: tuple[str, ...] = ()
    cues: bool = False
    notes: tuple[str, ...] = ()


def slug(*words: str) -> str:
    """Return words as the name of a file."""
    text = "-".join(word for word in words if word)
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-.")[:80] or "chart"


def unique(values: Iterable[str]) -> list[str]:
    """Return the values without repetition, in the order of their first appearance."""
    return list(dict.fromkeys(values))


def named_apart(groups: Iterable[Group]) -> tuple[Group, ...]:
    """Return the groups with no two charts of one name: names that differ may make one slug."""
    seen: dict[str, int] = {}

    def own(panel: Panel) -> Panel:
        name = panel.chart.name
        seen[name] = seen.get(name, 0) + 1
        if seen[name] == 1:
            return panel
        return replace(panel, chart=replace(panel.chart, name=f"{name}-{seen[name]}"))

    return tuple(replace(group, panels=tuple(map(own, group.panels))) for group in groups)
