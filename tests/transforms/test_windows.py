"""Windows: borders are mirrored as NumPy mirrors them, shifts reach the neighbours they name."""

import numpy as np
import pytest
import torch

from cuelens.transforms import windows
from cuelens.transforms.windows import in_blocks, mirrored


def block(channels: int, height: int, width: int, batch: int) -> np.ndarray:
    shape = (channels, height, width, batch)
    return np.random.Generator(np.random.Philox(key=4)).random(shape, dtype=np.float32)


@pytest.mark.parametrize(("rows", "columns"), [(0, 0), (1, 2), (3, 0), (0, 9), (13, 5)])
@pytest.mark.parametrize("shape", [(2, 5, 4, 3), (1, 1, 1, 1), (1, 1, 6, 2)])
def test_every_neighbour_is_where_its_shift_says(shape, rows, columns):
    values = block(*shape)
    border = ((0, 0), (rows, rows), (columns, columns), (0, 0))
    expected = np.pad(values, border, mode="symmetric")
    field = mirrored(values, rows, columns)
    height, width = shape[1:3]
    for down in range(-rows, rows + 1):
        for across in range(-columns, columns + 1):
            shift = field.shift(down, across)
            found = field.block(field.flat[:, field.first + shift : field.last + shift].copy())
            below, right = rows + down, columns + across
            assert np.array_equal(found, expected[:, below : below + height, right : right + width])


@pytest.mark.parametrize("values", [1, 100, 10**6])
@pytest.mark.parametrize("alone", [True, False])
def test_images_come_back_in_their_places_however_they_are_cut(values, alone, images, monkeypatch):
    monkeypatch.setattr(windows, "VALUES", values)
    seen = []

    def work(part):
        seen.append(part.shape)
        return 1 - part

    assert torch.equal(in_blocks(images, work, alone=alone), 1 - images)
    assert {shape[:3] for shape in seen} == {(1 if alone else 3, 18, 20)}
    assert sum(shape[3] for shape in seen) == (36 if alone else 12)
