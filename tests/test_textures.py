"""Textures differ in pattern alone: one mean, one root mean square, one histogram."""

import numpy as np
import pytest
import torch

from cuelens.errors import ConfigError
from cuelens.textures import TEXTURE_NUMBERS, TEXTURES, texture_fields

COUNT = 200
every_texture = pytest.mark.parametrize("texture", range(len(TEXTURES)), ids=TEXTURES)


def numbers(count: int = COUNT, key: int = 1) -> torch.Tensor:
    generator = np.random.Generator(np.random.Philox(key=key))
    return torch.from_numpy(generator.random((count, TEXTURE_NUMBERS), dtype=np.float32))


def fields(texture: int, size: int = 32, count: int = COUNT) -> torch.Tensor:
    return texture_fields(torch.full((count,), texture), numbers(count), size=size)


def test_there_are_ten_textures_of_different_names():
    assert len(set(TEXTURES)) == 10


@every_texture
def test_mean_peak_and_root_mean_square_are_those_of_a_sine_wave(texture):
    field = fields(texture).double()
    assert field.abs().max() <= 1
    assert abs(float(field.mean())) < 0.01
    assert float(field.square().mean().sqrt()) == pytest.approx(np.sqrt(0.5), abs=0.005)


@every_texture
def test_histogram_is_that_of_a_sine_wave(texture):
    values = fields(texture).flatten().sort().values
    ranks = (torch.arange(len(values)) + 0.5) / len(values)
    largest = (values + torch.cos(torch.pi * ranks)).abs().max()
    assert float(largest) < 0.05


@every_texture
def test_same_numbers_give_the_same_picture_at_a_finer_size(texture):
    coarse, fine = fields(texture, 32, 4), fields(texture, 96, 4)
    torch.testing.assert_close(coarse, fine[:, 1::3, 1::3], rtol=0, atol=1e-3)


@every_texture
def test_phase_is_what_the_numbers_say(texture):
    field = fields(texture, count=20).flatten(1)
    likeness = torch.corrcoef(field) - torch.eye(20)
    assert float(likeness.abs().mean()) < 0.8
    assert torch.equal(field, fields(texture, count=20).flatten(1))


def test_a_field_depends_on_its_own_row_alone():
    kinds = torch.arange(30) % 10
    together = texture_fields(kinds, numbers(30), size=32)
    order = torch.arange(29, -1, -1)
    alone = torch.cat(
        [texture_fields(kinds[row : row + 1], numbers(30)[row : row + 1], size=32) for row in order]
    )
    assert torch.equal(together[order], alone)


def spectrum(texture: int) -> torch.Tensor:
    window = torch.hann_window(32, periodic=False)
    power = torch.fft.rfft2(fields(texture) * window * window[:, None]).abs().square().mean(0)
    return power.flatten() / power.sum()


def test_textures_have_different_spectra():
    spectra = torch.stack([spectrum(texture) for texture in range(10)])
    overlap = (spectra[:, None].sqrt() * spectra.sqrt()).sum(2) - torch.eye(10)
    assert float(overlap.max()) < 0.9  # Bhattacharyya: 1 is the same spectrum


def test_no_images_give_no_fields():
    empty = texture_fields(torch.zeros(0, dtype=torch.long), numbers(0), size=32)
    assert empty.shape == (0, 32, 32)


def test_unknown_texture_is_refused():
    with pytest.raises(ConfigError) as caught:
        texture_fields(torch.tensor([0, 10]), numbers(2), size=32)
    assert str(caught.value) == "`textures` must lie in 0 to 9, got 0 to 10."


def test_wrong_number_of_numbers_is_refused():
    with pytest.raises(ConfigError) as caught:
        texture_fields(torch.tensor([0]), torch.zeros(1, 3), size=32)
    assert str(caught.value) == "`numbers` must hold 16 numbers an image, got 3."


def test_wrong_shape_is_caught_while_testing():
    with pytest.raises(Exception, match="Type-check error"):
        texture_fields(torch.zeros(2, 2, dtype=torch.long), numbers(2), size=32)
