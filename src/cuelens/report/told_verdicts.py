"""The verdicts of a report beside its page, for those who read in a terminal.

They are what the page says, word for word; nothing is judged here.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from cuelens.errors import RunFolderError
from cuelens.files import write_atomically

__all__ = ["VERDICTS", "ToldVerdict", "ToldVerdicts", "note_verdicts", "read_verdicts"]

VERDICTS = "verdicts.json"
"""File, in a run's folder, of what its report says of the claims."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ToldVerdict:
    """What a report says of one claim.

    Attributes:
        key: Short name of the claim.
        claim: The claim in words.
        outcome: "for", "against", "undecided" or "not measured".
        sentence: Why, with the numbers; it begins with the outcome.
        notes: Sentences that stand beside it, such as on the rival explanation.
        doubts: Name and sentence of each raised check that doubts it.
    """

    key: str
    claim: str
    outcome: str
    sentence: str
    notes: tuple[str, ...] = ()
    doubts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ToldVerdicts:
    """What a report says of the claims of a study.

    Attributes:
        headline: What they come to together, or what a study without claims found.
        verdicts: In the order of the claims; none where the study states none.
    """

    headline: str
    verdicts: tuple[ToldVerdict, ...]


def note_verdicts(folder: Path, told: ToldVerdicts) -> None:
    """Write what a report says of the claims.

    Args:
        folder: Of the run.
        told: What it says.

    Raises:
        StorageError: If the disk is full.
    """
    text = json.dumps(asdict(told), indent=1, ensure_ascii=False)
    write_atomically(folder / VERDICTS, f"{text}\n")


def read_verdicts(folder: Path) -> ToldVerdicts:
    """Return what the report of a run says of the claims.

    Args:
        folder: Of the run; its report was written.

    Raises:
        RunFolderError: If the file cannot be read.
    """
    path = folder / VERDICTS
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        verdicts = tuple(
            ToldVerdict(
                **one
                | {"notes": tuple(one["notes"])}
                | {"doubts": tuple((name, sentence) for name, sentence in one["doubts"])}
            )
            for one in content["verdicts"]
        )
        return ToldVerdicts(headline=content["headline"], verdicts=verdicts)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise RunFolderError(
            f"Expected what a report says of the claims in `{path}`, got no such file, or one that "
            f"cannot be read ({error}). Write it again: cuelens report {folder}."
        ) from error
