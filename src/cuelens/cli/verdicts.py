"""How the verbs of studies end: what the report says of each claim, then where the page is."""

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from cuelens.cli.console import say, table
from cuelens.cli.output import current

if TYPE_CHECKING:
    from cuelens.report import ToldVerdicts

__all__ = ["say_verdicts"]


def say_verdicts(run: Path) -> None:
    """Print the verdicts of a run's report, word for word; of no claims, the headline alone.

    Args:
        run: Its folder.
    """
    from cuelens.report import read_verdicts

    told = read_verdicts(run)
    if current().as_json:
        rows = [
            asdict(one) | {"doubts": [f"{name}: {sentence}" for name, sentence in one.doubts]}
            for one in told.verdicts
        ]
        table("Verdicts", (), (), name="verdicts", data=rows)
    else:
        _say(told)
    if told.headline:
        say(f"{told.headline}.")


def _say(told: "ToldVerdicts") -> None:
    """Print each claim with its verdict; notes that several share come once, at the end."""
    counts = Counter(note for one in told.verdicts for note in one.notes)
    for one in told.verdicts:
        say(one.claim)
        say(f"  {one.sentence}")
        for note in one.notes:
            if counts[note] == 1:
                say(f"  {note}")
        names = list(dict.fromkeys(name for name, _ in one.doubts))
        if names:
            say(f"  Doubted by {', '.join(names)}: see the report.")
    for note in (note for note, count in counts.items() if count > 1):
        say(note)
