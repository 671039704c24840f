"""Chance that is keyed, not sequential.

A draw depends on (seed, image id, method, draw) and on nothing else: not on the batch that an
image shares, on the order, or on what was drawn before. It does not know what the numbers
are for.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import blake2b, shake_128

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor

from cuelens.errors import ConfigError

__all__ = ["Chance", "keyed_generator"]

_Fill = Callable[[np.random.Generator, NDArray[np.float32]], object]

_MANY = 2**19
"""From so many numbers on, several threads are sure to be faster: that many take 5 ms."""


def _uniform(generator: np.random.Generator, out: NDArray[np.float32]) -> None:
    generator.random(out=out, dtype=np.float32)


def _normal(generator: np.random.Generator, out: NDArray[np.float32]) -> None:
    generator.standard_normal(out=out, dtype=np.float32)


def keyed_generator(seed: int, *key: str | int) -> np.random.Generator:
    """Return the generator that belongs to a key.

    Args:
        seed: The draw seed. At least 0.
        *key: What the draw is for, such as an image id and a method's name.

    Returns:
        A Philox generator, the same on every machine for the same arguments.

    Raises:
        ConfigError: If `seed` is negative.

    Source:
        Salmon et al., 2011, https://doi.org/10.1145/2063384.2063405 (Philox).
        Differs: the 128-bit key is a blake2b digest of the arguments.
    """
    _require_seed(seed)
    return np.random.Generator(np.random.Philox(key=int.from_bytes(_digest(seed, *key), "little")))


def _require_seed(seed: int) -> None:
    if seed < 0:
        raise ConfigError(f"`seed` must be at least 0, got {seed}.")


def _text(*key: str | int) -> bytes:
    """Return a key as one text, its parts kept apart."""
    return "\x1f".join([str(part) for part in key]).encode()


def _digest(seed: int, *key: str | int) -> bytes:
    """Return the 16 bytes, the lowest first, that a Philox generator is keyed by."""
    return blake2b(_text(seed, *key), digest_size=16).digest()


def _in_turn(keys: Iterable[bytes]) -> Iterator[np.random.Generator]:
    """Yield one generator again and again, each time as if set up for the next key.

    To set up another one takes six times as long.
    """
    philox = np.random.Philox(key=0)
    generator, begun = np.random.Generator(philox), philox.state
    for key in keys:
        begun["state"]["key"] = np.frombuffer(key, dtype="<u8")
        philox.state = begun
        yield generator


@dataclass(frozen=True, slots=True)
class Chance:
    """The chance of a batch: one independent stream for each image.

    Attributes:
        seed: The draw seed. At least 0.
        ids: The image ids, in the order of the batch.
    """

    seed: int
    ids: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, indices: Sequence[int] | Tensor) -> "Chance":
        """Return the chance of the images at these places of the batch."""
        places = indices.tolist() if isinstance(indices, Tensor) else indices
        return Chance(self.seed, tuple(self.ids[place] for place in places))

    def again(self, time: int) -> "Chance":
        """Return the chance of the same images another time: time 0 is this one.

        Args:
            time: Counts what is repeated, such as the restarts of an attack. At least 0.
        """
        if not time:
            return self
        return Chance(self.seed, tuple(f"{image}\x1eagain\x1e{time}" for image in self.ids))

    def generators(self, method: str, draw: int = 0) -> list[np.random.Generator]:
        """Return one generator for each image."""
        return [keyed_generator(self.seed, image, method, draw) for image in self.ids]

    def uniform(
        self, shape: Sequence[int], *, method: str, draw: int = 0
    ) -> Float[Tensor, "batch ..."]:
        """Return float32 numbers in [0, 1), shape (batch, *shape)."""
        return self._filled(_uniform, shape, method, draw)

    def normal(
        self, shape: Sequence[int], *, method: str, draw: int = 0
    ) -> Float[Tensor, "batch ..."]:
        """Return float32 standard normal numbers, shape (batch, *shape)."""
        return self._filled(_normal, shape, method, draw)

    def _filled(
        self, fill: _Fill, shape: Sequence[int], method: str, draw: int
    ) -> Float[Tensor, "batch ..."]:
        """Return what each image's generator fills; large draws on as many threads as torch has."""
        _require_seed(self.seed)
        out = np.empty((len(self.ids), *shape), dtype=np.float32)

        def fill_rows(places: NDArray[np.intp]) -> None:
            keys = (_digest(self.seed, self.ids[place], method, draw) for place in places)
            for place, generator in zip(places, _in_turn(keys), strict=True):
                fill(generator, out[place : place + 1])

        threads = torch.get_num_threads() if out.size >= _MANY else 1
        if threads == 1:
            fill_rows(np.arange(len(out)))
        else:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(fill_rows, np.array_split(np.arange(len(out)), threads)))
        return torch.from_numpy(out)

    def permutations(
        self, length: int, *, method: str, draw: int = 0
    ) -> Int[Tensor, "batch length"]:
        """Return one permutation of range(length) for each image, all equally likely.

        The places are sorted by words of 64 bits, which come straight from a hash of the key: to
        set up a generator takes ten times as long.

        Source:
            FIPS 202, 2015, https://doi.org/10.6028/NIST.FIPS.202 (SHAKE128).
            Differs: none.
        """
        _require_seed(self.seed)
        keys = [_text(self.seed, image, method, draw) for image in self.ids]
        digests = b"".join([shake_128(key).digest(8 * length) for key in keys])
        words = np.frombuffer(digests, dtype="<u8").astype(np.uint64).reshape(len(keys), length)
        # The lowest bits make room for the places: no two words tie, and sorting moves the places.
        bits = np.uint64(max(0, length - 1).bit_length())
        words >>= bits
        words <<= bits
        words |= np.arange(length, dtype=np.uint64)
        words.sort(axis=1)
        words &= (np.uint64(1) << bits) - np.uint64(1)
        return torch.from_numpy(words.view(np.int64))
