"""The networks that come with cuelens, by the names that files and commands use.

`cuelens://cifar10/pgd-linf-8/0` is the network that the study `cifar10` trained by its recipe
`pgd-linf-8` with training seed 0. It knows where files lie; what is in them, it does not know.
"""

import re
from difflib import get_close_matches
from pathlib import Path

from cuelens.errors import ModelError

__all__ = ["WEIGHTS", "is_zoo_name", "model_path", "shipped_file", "zoo_names"]

WEIGHTS = Path(__file__).parent / "weights"
"""Holds a folder a study: the networks that are a part of the package, seed 0 of each recipe."""

_SCHEME = "cuelens:"
_SUFFIX = ".safetensors"
_NAME = re.compile(r"cuelens://?(?P<study>[^/]+)/(?P<recipe>[^/]+)/(?P<seed>\d+)")
"""With one slash too: a `Path` makes two of them one."""


def is_zoo_name(place: str | Path) -> bool:
    """Return whether a place is a name of the zoo rather than a file."""
    return str(place).startswith(_SCHEME)


def model_path(place: str | Path) -> Path:
    """Return the file of a network.

    Args:
        place: A file's own path, or the name of a network that comes with cuelens.

    Raises:
        ModelError: If there is no network of that name; the message lists those that are there.
    """
    if not is_zoo_name(place):
        return Path(place)
    found, file = _NAME.fullmatch(str(place)), None
    if found is not None:
        study, recipe, seed = found.groups()
        file = shipped_file(study, f"{recipe}-{seed}")
    if file is None:
        raise _unknown(str(place).replace(f"{_SCHEME}/", f"{_SCHEME}//").replace("///", "//"))
    return file


def shipped_file(study: str, model: str) -> Path | None:
    """Return the file of a study's network that comes with cuelens, or None if it does not.

    Args:
        study: Its name, such as "cifar10".
        model: The network's name in it, such as "pgd-linf-8-0".
    """
    files = (folder / study / f"{model}{_SUFFIX}" for folder in _folders())
    return next((file for file in files if file.is_file()), None)


def zoo_names() -> tuple[str, ...]:
    """Return the names of all networks that are there."""
    files = {
        (file.parent.name, *file.stem.rpartition("-")[::2])
        for folder in _folders()
        for file in folder.glob(f"*/*{_SUFFIX}")
    }
    numbered = [(study, recipe, int(seed)) for study, recipe, seed in files if seed.isdecimal()]
    return tuple(f"{_SCHEME}//{study}/{recipe}/{seed}" for study, recipe, seed in sorted(numbered))


def _folders() -> tuple[Path, ...]:
    """Return where networks may lie: in the package, and in a checkout's or this folder's studies.

    The files of further training seeds are a part of the repository, not of the package.
    """
    source = WEIGHTS.parents[2]
    checkout = (source.parent / "studies",) if source.name == "src" else ()
    return (WEIGHTS, *checkout, Path("studies"))


def _unknown(name: str) -> ModelError:
    names = zoo_names()
    near = get_close_matches(name, names, n=1, cutoff=0.6)
    hint = f" Did you mean {near[0]}?" if near else ""
    return ModelError(
        f"Expected a network that comes with cuelens, {_SCHEME}//STUDY/RECIPE/SEED, got {name}. "
        f"There are {', '.join(names)}; training seeds other than 0 lie in the folder `studies` of "
        f"the repository alone.{hint}"
    )
