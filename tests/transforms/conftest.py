"""Images of every brightness, and their chance."""

import numpy as np
import pytest
import torch

from cuelens.randomness import Chance


@pytest.fixture
def images() -> torch.Tensor:
    """Twelve images of 18 x 20 px, of all contrasts, with pixels at 0, 1/2 and 1."""
    generator = np.random.Generator(np.random.Philox(key=8))
    values = torch.from_numpy(generator.random((12, 3, 18, 20), dtype=np.float32))
    values = 0.5 + (values - 0.5) * torch.linspace(0.02, 1.2, 12)[:, None, None, None]
    values[:, :, 0, :3] = torch.tensor([0, 0.5, 1])
    return values.clamp(0, 1)


@pytest.fixture
def chance() -> Chance:
    return Chance(5, tuple(f"image {row}" for row in range(12)))
