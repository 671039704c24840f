"""The page of every verb and option says what `--help` says."""

import re
from pathlib import Path

import pytest
from scripts.options_page import page, sections
from tests.cli.conftest import call

from cuelens.cli.exit_codes import EXIT_CODES

DOCS = Path(__file__).parents[1] / "docs"
EVERYWHERE = {"--json", "--quiet", "--help"}
NAMES = [name for name, _ in sections()]


@pytest.fixture(scope="module")
def parts() -> dict[str, str]:
    """Return the page's sections by their titles."""
    found = (part.partition("\n") for part in page().split("\n## ")[1:])
    return {title: text for title, _, text in found}


@pytest.mark.parametrize("name", NAMES)
def test_a_verb_has_every_option_of_its_help_and_no_other(name, parts):
    told = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", "\n".join(_rows(parts[name]))))
    help_of = call(*name.split()[1:], "--help")
    assert help_of.code == 0
    listed = re.findall(r"^\W*(--[a-z][a-z-]*)", help_of.out, re.MULTILINE)
    assert {one for one in told if f"| `{one}` |" in parts[name]} == set(listed) - EVERYWHERE


def _rows(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("| `")]


def test_a_default_a_range_and_a_choice_are_told(parts):
    attack = parts["cuelens attack"]
    assert "| `--suite` | `quick`, `strong` | `quick` |" in attack
    assert "| `--limit` | whole number from 1 |  |" in attack
    assert "| `--radius` | text | 8/255 of linf, 0.5 of l2, 1 of flow |" in attack
    assert "| `--data` | text | is needed |" in attack
    assert attack.startswith("\n    cuelens attack MODEL... [OPTIONS]\n")
    assert "    cuelens build ADJECTIVE SOURCE OUT [OPTIONS]" in parts["cuelens build ADJECTIVE"]


def test_verbs_without_a_document_are_named():
    words = " ".join(page().split())
    assert "Every verb but `explore` and `study schema` has `--json`" in words


def test_the_exit_codes_are_those_of_the_page_on_the_command_line(parts):
    written = (DOCS / "use" / "command-line.md").read_text(encoding="utf-8")
    for code, meaning in EXIT_CODES.items():
        assert f"| {code} | {meaning} |" in written
        assert f"| {code} | {meaning} |" in parts["Exit codes"]
