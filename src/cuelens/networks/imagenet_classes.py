"""ImageNet's 1,000 classes in their usual order, from packages that are installed anyway.

The lists belong to those packages and are read where they lie, as text: nothing is imported for it,
and where none is installed the answer is that nobody knows.
"""

import ast
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

__all__ = ["CLASSES", "imagenet_names", "imagenet_wordnet_ids"]

CLASSES = 1000
"""How many there are."""

_TIMM_IDS = "data/_info/imagenet_synsets.txt"
_TIMM_WORDS = "data/_info/imagenet_synset_to_lemma.txt"
_TORCHVISION_META = "models/_meta.py"
_TORCHVISION_NAMES = "_IMAGENET_CATEGORIES"


def _text(package: str, path: str) -> str:
    """Return a file of an installed package, "" if there is none."""
    found = find_spec(package)
    if found is None or found.origin is None:
        return ""
    file = Path(found.origin).parent / path
    return file.read_text(encoding="utf-8") if file.is_file() else ""


@lru_cache(maxsize=1)
def imagenet_wordnet_ids() -> tuple[str, ...]:
    """Return the WordNet ids in the order of the classes; () where no package tells them.

    Source:
        The installed package timm.
    """
    found = tuple(_text("timm", _TIMM_IDS).split())
    return found if len(found) == CLASSES else ()


@lru_cache(maxsize=1)
def imagenet_names() -> tuple[str, ...]:
    """Return names in the order of the classes, synonyms by commas; () where nobody tells them.

    Source:
        The installed package timm, or torchvision.
    """
    lines = (line.partition("\t") for line in _text("timm", _TIMM_WORDS).splitlines())
    words = {wordnet: names for wordnet, _, names in lines}
    ids = imagenet_wordnet_ids()
    if ids and all(one in words for one in ids):
        return tuple(words[one] for one in ids)
    return _torchvision_names()


def _torchvision_names() -> tuple[str, ...]:
    text = _text("torchvision", _TORCHVISION_META)
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == _TORCHVISION_NAMES
            for target in statement.targets
        ):
            found = tuple(ast.literal_eval(statement.value))
            return found if len(found) == CLASSES else ()
    return ()
