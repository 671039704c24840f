"""The memory row of RISE: what is measured, and what the row says."""

import torch
from torch import nn

from bench import salience_memory
from bench.salience_memory import measure_memory_of_rise
from cuelens.networks import Classifier

passes = []


class Small(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Conv2d(3, 4, 4, 4), nn.ReLU(), nn.Flatten(), nn.Linear(256, 5))

    def forward(self, images):
        passes.append(tuple(images.shape))
        return super().forward(images)


def prepare():
    return Classifier(Small().eval(), class_names=tuple("abcde"))


def in_this_process(prepared, work):
    work(prepared())
    return 0.5


def test_the_row_is_of_every_mask_of_every_image_in_passes_of_the_internal_batch(monkeypatch):
    for name, value in {"MASKS": 9, "IMAGES": 16, "SIZE": 32}.items():
        monkeypatch.setattr(salience_memory, name, value)
    monkeypatch.setattr(salience_memory, "peak_above", in_this_process)
    passes.clear()
    row = measure_memory_of_rise("small", prepare)
    assert passes == [(64, 3, 32, 32), (64, 3, 32, 32), (16, 3, 32, 32)]
    assert (row.row, row.ours, row.peer, row.ratio) == ("memory/rise-9/small/limit", 0.5, 2.0, 4.0)
    assert (row.unit, row.threads) == ("gigabytes", torch.get_num_threads())
    assert row.notes == {"images": 16, "pixels": 32, "batch_size": 64}


def test_the_row_is_what_was_asked_for():
    asked = (salience_memory.MASKS, salience_memory.IMAGES, salience_memory.SIZE)
    assert asked == (500, 16, 224)
