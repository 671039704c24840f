"""The page of conditions shows every family; `scripts/conditions_page.py` writes it again."""

import re
from pathlib import Path

import pytest

from cuelens.evaluation import FAMILIES

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "conditions.md").read_text()


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.name)
def test_every_family_is_told_as_the_table_tells_it(family):
    section = PAGE.partition(f"\n### {family.name}\n")[2].partition("\n### ")[0]
    assert section.startswith(f"\n{family.sentence}")
    assert re.search(rf"`cuelens build {family.adjective}( --weights FOLDER)?`", section)
    assert (f"control: [{family.control}]" in section) is (family.control is not None)


def test_every_picture_is_there_and_no_other():
    shown = set(re.findall(r"\(images/conditions/([^)]+)\)", PAGE))
    assert shown == {path.name for path in (DOCS / "images" / "conditions").iterdir()}
