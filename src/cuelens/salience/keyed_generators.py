"""Global random generators, set by an image's chance for a while: for libraries that know no other.

It does not know who draws from them.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

from cuelens.randomness import Chance

__all__ = ["keyed_generators"]


@contextmanager
def keyed_generators(chance: Chance, device: torch.device) -> Iterator[None]:
    """Set the generators of Python, NumPy and torch by one image's chance; put them back behind it.

    Args:
        chance: Of one image.
        device: Whose generator is set, besides the CPU's.
    """
    (generator,) = chance.generators("global-generators")
    seed = int(generator.integers(2**32))
    numpy_state, python_state = np.random.get_state(), random.getstate()  # noqa: NPY002
    gpus = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(gpus):
        torch.default_generator.manual_seed(seed)
        for gpu in gpus:
            with torch.cuda.device(gpu):
                torch.cuda.manual_seed(seed)
        np.random.seed(seed)  # noqa: NPY002 - the global generator is the point
        random.seed(seed)
        try:
            yield
        finally:
            np.random.set_state(numpy_state)  # noqa: NPY002
            random.setstate(python_state)
