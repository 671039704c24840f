"""Which shapes hold a grid, and where."""

import pytest
import torch

from cuelens.networks.grids import GridLayout, layout_of

LAYOUTS = {
    "a convolution's map": ((2, 512, 7, 7), (224, 224), GridLayout("channels-first", 7, 7)),
    "a map that rounds": ((2, 8, 5, 4), (9, 8), GridLayout("channels-first", 5, 4)),
    "as many channels as rows": ((2, 7, 7, 7), (224, 224), GridLayout("channels-first", 7, 7)),
    "channels last": ((2, 7, 7, 768), (224, 224), GridLayout("channels-last", 7, 7)),
    "channels last, oblong": ((2, 6, 4, 96), (192, 128), GridLayout("channels-last", 6, 4)),
    "a class token": ((2, 197, 768), (224, 224), GridLayout("tokens", 14, 14, 1)),
    "no class token": ((2, 196, 768), (224, 224), GridLayout("tokens", 14, 14, 0)),
    "a class and four registers": ((2, 201, 768), (224, 224), GridLayout("tokens", 14, 14, 5)),
    "oblong tokens": ((2, 141, 64), (224, 160), GridLayout("tokens", 14, 10, 1)),
    "wide tokens": ((2, 141, 64), (160, 224), GridLayout("tokens", 10, 14, 1)),
    "attention": ((2, 12, 197, 64), (224, 224), None),
    "logits": ((2, 1000), (224, 224), None),
    "pooled channels": ((2, 64, 1), (224, 224), None),
    "a video": ((2, 3, 4, 7, 7), (224, 224), None),
}


@pytest.mark.parametrize(("shape", "size", "layout"), LAYOUTS.values(), ids=LAYOUTS)
def test_shapes_say_where_the_grid_is(shape, size, layout):
    assert layout_of(shape, size=size) == layout


def test_the_grid_of_layers_before_decides_where_tokens_leave_it_open():
    assert layout_of((2, 9, 8), size=(8, 8)) == GridLayout("tokens", 3, 3, 0)
    assert layout_of((2, 21, 8), size=(16, 16), seen=(4, 4)) == GridLayout("tokens", 4, 4, 5)
    assert layout_of((2, 26, 8), size=(16, 16), seen=(4, 4)) == GridLayout("tokens", 4, 4, 10)
    assert layout_of((2, 49, 8), size=(56, 56), seen=(14, 14)) == GridLayout("tokens", 7, 7, 0)
    channels_as_tokens = layout_of((2, 768, 196), size=(224, 224), seen=(14, 14))
    assert channels_as_tokens == GridLayout("tokens", 27, 27, 39)  # finer than 14 x 14: no places


def test_a_stated_grid_counts_whatever_the_proportions():
    assert layout_of((2, 13, 8), size=(32, 32), stated=(2, 6)) == GridLayout("tokens", 2, 6, 1)
    assert layout_of((2, 8, 2, 6), size=(32, 32), stated=(2, 6)).kind == "channels-first"
    assert layout_of((2, 2, 6, 8), size=(32, 32), stated=(2, 6)).kind == "channels-last"
    assert layout_of((2, 11, 8), size=(32, 32), stated=(2, 6)) is None
    assert layout_of((2, 8, 3, 3), size=(32, 32), stated=(2, 6)) is None


def test_grids_are_read_row_by_row():
    grid = torch.arange(2 * 5 * 3 * 4).view(2, 5, 3, 4).float()
    assert torch.equal(GridLayout("channels-first", 3, 4).read(grid), grid)
    last = grid.permute(0, 2, 3, 1)
    assert torch.equal(GridLayout("channels-last", 3, 4).read(last), grid)
    tokens = torch.cat([torch.full((2, 2, 5), -1.0), last.flatten(1, 2)], 1)
    assert torch.equal(GridLayout("tokens", 3, 4, 2).read(tokens), grid)
