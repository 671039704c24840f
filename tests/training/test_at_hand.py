"""Images that are kept on a device are the data set's, to the last bit."""

from dataclasses import fields

import pytest
import torch

import cuelens.training.at_hand as module
from cuelens.datasets.in_memory import InMemoryDataset
from cuelens.training.at_hand import at_hand, kept_on

CPU = torch.device("cpu")


def test_kept_images_are_those_of_the_data_set(make_noise):
    data = make_noise(27)
    rows = torch.tensor([3, 0, 26, 3])
    assert torch.equal(kept_on(data, CPU)(rows), data.images(rows))


def test_every_pixel_value_comes_back(make_noise):
    data = make_noise(40)
    assert data.pixels.unique().numel() == 256
    assert torch.equal(kept_on(data, CPU)(torch.arange(40)), data.images(torch.arange(40)))


def like(data, images):
    """Return a data set whose images come from a function of rows."""
    settings = {field.name: getattr(data, field.name) for field in fields(data)}

    class Other(InMemoryDataset):
        def images(self, rows):
            return images(rows)

    return Other(**settings)


def test_on_the_cpu_nothing_is_copied(make_noise):
    asked = []

    def images(rows):
        asked.append(len(rows))
        return make_noise(27).images(rows)

    found = at_hand(like(make_noise(27), images), CPU)
    assert asked == []
    assert torch.equal(found(torch.tensor([4])), make_noise(27).images(torch.tensor([4])))
    assert asked == [1]


def test_images_of_more_than_eight_bits_stay_where_they_are(make_noise):
    fine = like(make_noise(3), lambda rows: torch.full((len(rows), 3, 4, 4), 0.12345))
    assert kept_on(fine, CPU) is None


def test_too_many_images_stay_where_they_are(make_noise, monkeypatch):
    monkeypatch.setattr(module, "_AT_MOST", 27 * 192 - 1)
    assert kept_on(make_noise(27), CPU) is None
    monkeypatch.setattr(module, "_AT_MOST", 27 * 192)
    assert kept_on(make_noise(27), CPU) is not None


@pytest.mark.gpu
def test_on_a_gpu_batches_are_those_of_the_cpu(make_noise):
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    data, device = make_noise(27), torch.device("cuda")
    rows = torch.tensor([5, 2, 9])
    found = at_hand(data, device)(rows)
    assert found.device.type == "cuda"
    assert torch.equal(found.cpu(), data.images(rows))
