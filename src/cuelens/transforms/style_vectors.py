"""Reads the style of pictures once and remembers it: a style is 100 numbers."""

import threading
from collections import OrderedDict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import torch

from cuelens.datasets.styles import Styles
from cuelens.sources.style_networks import STYLE_SIDE, StyleVector, style_networks
from cuelens.transforms.working_size import to_pixels

__all__ = ["style_vectors"]

_MOST = 16_384  # styles; about 10 MB
_BLOCK = 32
"""How many pictures are in memory at once."""

_LOCK = threading.Lock()
_KNOWN: OrderedDict[tuple[str, int], StyleVector] = OrderedDict()
"""By the fingerprint of the styles and the row; the one that was asked for last stands last."""


def style_vectors(styles: Styles, rows: Iterable[int]) -> dict[int, StyleVector]:
    """Return the style of each of these rows; those that are known are not read again."""
    fingerprint, found = styles.fingerprint, {}
    wanted = sorted(set(rows))
    with _LOCK:
        for row in wanted:
            if (fingerprint, row) in _KNOWN:
                _KNOWN.move_to_end((fingerprint, row))
                found[row] = _KNOWN[fingerprint, row]
    unknown = [row for row in wanted if row not in found]
    for start in range(0, len(unknown), _BLOCK):
        found |= _read(styles, unknown[start : start + _BLOCK])
    with _LOCK:
        for row in unknown:
            _KNOWN[fingerprint, row] = found[row]
        while len(_KNOWN) > _MOST:
            _KNOWN.popitem(last=False)
    return found


def _read(styles: Styles, rows: list[int]) -> dict[int, StyleVector]:
    networks = style_networks()
    pictures = styles.pictures(torch.tensor(rows), size=STYLE_SIDE)
    with ThreadPoolExecutor(torch.get_num_threads()) as pool:
        vectors = pool.map(lambda picture: networks.style_of(to_pixels(picture)), pictures)
        return dict(zip(rows, vectors, strict=True))
