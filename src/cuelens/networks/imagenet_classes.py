"""ImageNet's 1,000 classes in the order in which networks answer: names and WordNet ids.

Source:
    Deng et al., 2009, http://www.image-net.org, the classes of ILSVRC 2012 to 2017, and
    WordNet 3.0, https://wordnet.princeton.edu: lemmas of each class, by commas.
"""

from functools import lru_cache
from importlib.resources import files

__all__ = ["imagenet_names", "imagenet_wordnet_ids"]


@lru_cache(maxsize=1)
def _rows() -> tuple[tuple[str, str], ...]:
    text = files("cuelens.networks").joinpath("imagenet_classes.tsv").read_text(encoding="utf-8")
    pairs = (line.split("\t") for line in text.splitlines())
    return tuple((wordnet, names) for wordnet, names in pairs)


def imagenet_names() -> tuple[str, ...]:
    """Return 1,000 names, such as "tench, Tinca tinca"; "crane" is there twice."""
    return tuple(names for _, names in _rows())


def imagenet_wordnet_ids() -> tuple[str, ...]:
    """Return 1,000 different ids, such as "n01440764", sorted."""
    return tuple(wordnet for wordnet, _ in _rows())
