"""Names the content of a data set in 32 hexadecimal digits."""

import hashlib
from collections.abc import Iterable, Sequence

from jaxtyping import UInt8
from torch import Tensor

from cuelens.tensors import Labels

__all__ = ["content_digest", "fingerprint_pixels", "fingerprint_rows"]


def content_digest(content: bytes, *settings: object) -> str:
    """Return 32 hexadecimal digits that name some bytes and the settings that read them."""
    digest = hashlib.blake2b(content, digest_size=16)
    digest.update("\x1f".join(map(repr, settings)).encode())
    return digest.hexdigest()


def fingerprint_rows(ids: Sequence[str], labels: Labels, digests: Iterable[str]) -> str:
    """Return the fingerprint of a data set whose rows are these.

    Args:
        ids: One a row.
        labels: One a row.
        digests: One a row; they name the pixels.

    Returns:
        32 hexadecimal digits. The same rows in the same order give the same fingerprint, whatever
        data set they were taken from.
    """
    digest = hashlib.blake2b(digest_size=16)
    for image, label, pixels in zip(ids, labels.tolist(), digests, strict=True):
        digest.update(f"{image}\x1f{label}\x1f{pixels}\x1e".encode())
    return digest.hexdigest()


def fingerprint_pixels(
    ids: Sequence[str], labels: Labels, pixels: UInt8[Tensor, "row channel height width"]
) -> str:
    """Return the fingerprint of a data set whose images are in memory; see `fingerprint_rows`.

    Args:
        ids: One a row.
        labels: One a row.
        pixels: In 0 to 255, one image a row.
    """
    shape = tuple(pixels.shape[1:])
    digests = (content_digest(row.numpy().tobytes(), *shape) for row in pixels)
    return fingerprint_rows(ids, labels, digests)
