"""Train a small ResNet on noise for some steps, alone or in a team; print images a second.

torchrun bench/training_worker.py RECIPE BATCH STEPS
"""

import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import torch

from bench.training_noise import noise
from cuelens.study.plan.recipe_form import RECIPES
from cuelens.training import Moment, Training, meet_team, train


def main(name: str, batch: int, steps: int) -> None:
    """Print what the first process saw, between its first and its last step."""
    torch.set_num_threads(1)
    dataset = noise(batch * steps)
    training = Training(
        architecture="small-resnet",
        recipe=replace(RECIPES[name](), batch_size=batch, epochs=1),
        training=dataset,
        validation=dataset.take(torch.arange(8), name="noise-validation"),
    )
    stamps = []

    def note(_: Moment) -> None:
        stamps.append(time.perf_counter())

    with tempfile.TemporaryDirectory() as folder, meet_team() as team:
        train(training, folder=Path(folder), progress=note, team=team)
        if not team.number:
            print(batch * (len(stamps) - 2) / (stamps[-2] - stamps[0]))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
