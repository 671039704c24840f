"""What is measured of the maps of kept strips."""

import polars as pl
import torch

from cuelens.evaluation import Strips, measure_strips


def strips() -> Strips:
    """Return maps whose sum tells where they are: method, model, condition, image as digits."""
    places = torch.arange(16.0).view(2, 2, 2, 2)
    maps = places[..., None, None, None].expand(2, 2, 2, 2, 1, 1, 1).clone()
    return Strips(
        dataset="d", class_names=("a", "b"), models=("m", "k"), conditions=("clean", "grey"),
        attacks=(), methods=("grad", "smooth"), scores=("", ""), images=("i", "j"),
        rules=("r", "r"),
        target="the true class", labels=torch.tensor([0, 1]),
        explained=torch.tensor([[0, 1], [0, 1]]),
        pictures=torch.arange(8.0).view(2, 2, 2, 1, 1, 1) / 8, maps=maps,
        predictions=torch.zeros(2, 2, 2, dtype=torch.int64),
        probabilities=torch.full((2, 2, 2, 2), 0.5),
    )  # fmt: skip


def test_every_map_is_measured_once_and_with_its_own_image():
    found = measure_strips(
        strips(),
        {"sum": lambda maps: maps.sum((1, 2, 3))},
        image_measures={"times": lambda maps, images: (maps * images * 8).sum((1, 2, 3))},
    )
    assert found.columns == [
        "dataset", "image", "model", "method", "condition", "measure", "value",
    ]  # fmt: skip
    assert len(found) == 2 * 16
    for s, method in enumerate(("grad", "smooth")):
        for m, model in enumerate(("m", "k")):
            for c, condition in enumerate(("clean", "grey")):
                own = found.filter(
                    pl.col("method") == method, pl.col("model") == model,
                    pl.col("condition") == condition,
                )  # fmt: skip
                for i, image in enumerate(("i", "j")):
                    values = dict(own.filter(image=image).select("measure", "value").iter_rows())
                    place, seen = 8 * s + 4 * m + 2 * c + i, 4 * m + 2 * c + i
                    assert values == {"sum": place, "times": place * seen}


def test_no_measure_gives_no_row():
    assert measure_strips(strips(), {}).is_empty()
