"""Which models of a run were imported: their answers came from outside.

It knows one file in the run's folder; how answers become records is in `imports`.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from cuelens.errors import RunFolderError
from cuelens.files import write_atomically

__all__ = ["ImportedModel", "note_imported", "read_imported"]

_FILE = "imported.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportedModel:
    """A model whose answers were given as files.

    Attributes:
        files: Names of the files.
        given: "predictions", "probabilities" or "logits".
        weights: Fingerprint of the answers, in place of that of its weights.
        training_seed: None where unknown.
        keys: Parts of the table of predictions.
    """

    files: tuple[str, ...]
    given: str
    weights: str
    training_seed: int | None
    keys: tuple[str, ...]


def read_imported(folder: Path) -> dict[str, ImportedModel]:
    """Return the imported models of a run by name, in the order in which they came.

    Raises:
        RunFolderError: If the file that names them cannot be read.
    """
    path = folder / _FILE
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {
            name: ImportedModel(**one | {"files": tuple(one["files"]), "keys": tuple(one["keys"])})
            for name, one in content.items()
        }
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise RunFolderError(
            f"Expected what an import wrote in {path}, got a file that cannot be read ({error}). "
            "Delete it and import again."
        ) from error


def note_imported(folder: Path, models: Mapping[str, ImportedModel]) -> None:
    """Write which models of a run were imported.

    Args:
        folder: Of the run.
        models: All of them, by name.
    """
    text = json.dumps({name: asdict(one) for name, one in models.items()}, indent=2)
    write_atomically(folder / _FILE, text)
