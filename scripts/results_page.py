"""Write a page of docs/results from a run: its verdicts, models, tables, settings and versions.

python scripts/results_page.py RUN INTRODUCTION.md > docs/results/NAME.md
"""

import sys
from pathlib import Path

SECTIONS = (
    ("Verdicts", "verdicts"),
    ("Models", "models"),
    ("Retention", "retention"),
    ("Accuracy", "accuracy"),
    ("Answers on conflict images", "answers"),
    ("Salience", "salience"),
    ("Checks", "checks"),
    ("Settings", "settings"),
    ("Versions", "versions"),
)


def page_of(run: Path, introduction: Path) -> str:
    """Return the page: the introduction, then each table that the run has."""
    parts = [introduction.read_text(encoding="utf-8").strip()]
    for title, name in SECTIONS:
        table = run / "tables" / f"{name}.md"
        if table.is_file():
            parts.append(f"## {title}\n{table.read_text(encoding='utf-8').strip()}")
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page_of(Path(sys.argv[1]), Path(sys.argv[2])))
