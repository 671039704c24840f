"""Shape bias against texture contrast and attack radius, on rendered images.

Trains the networks of `cuelens demo` at several contrasts, radii and training seeds, asks them
about the conflict set, and writes one row a network. Killed at any moment, it goes on where it was.

    python studies/dose_response.py --out runs/dose-response
"""

import argparse
import csv
import io
from dataclasses import replace
from pathlib import Path

import torch

from cuelens.datasets import CueDataset
from cuelens.evaluation import logits_of
from cuelens.files import write_atomically
from cuelens.metrics import cue_answers
from cuelens.networks import Classifier
from cuelens.study import demo_plan
from cuelens.study.images.data import StudyData
from cuelens.study.models.models import train_model_file
from cuelens.study.plan.plan import ModelPlan, Plan
from cuelens.study.progress import silent
from cuelens.training import MinMax

CONTRASTS = (0.04, 0.07, 0.1, 0.15, 0.25)
RADII = (0.0, 4 / 255, 8 / 255)
COLUMNS = ("contrast", "radius", "seed", "clean", "shape", "texture", "other")


def model_plan(plan: Plan, radius: float, seed: int) -> ModelPlan:
    """Return the demo's standard network, or its adversarial one at another radius."""
    standard, adversarial = (
        next(model for model in plan.models if model.name == name)
        for name in ("standard", "adversarial")
    )
    if radius == 0:
        return replace(standard, seed=seed)
    objective = adversarial.recipe.objective
    if not isinstance(objective, MinMax):
        raise TypeError("The demo's adversarial network must be trained by min-max.")
    attack = objective.attack
    scale = radius / attack.ball.radius
    weaker = replace(attack, ball=replace(attack.ball, radius=radius), step=attack.step * scale)
    recipe = replace(adversarial.recipe, objective=replace(objective, attack=weaker))
    return replace(adversarial, recipe=recipe, seed=seed)


def share_right(classifier: Classifier, data: StudyData) -> float:
    """Return the accuracy on the test images."""
    images = data.test.images(torch.arange(len(data.test)))
    return float((logits_of(classifier, images).argmax(1) == data.test.labels).float().mean())


def answers(classifier: Classifier, conflict: CueDataset) -> tuple[int, int, int]:
    """Return how many answers on a conflict set are the shape's, the texture's, another class."""
    predictions = logits_of(classifier, conflict.images(torch.arange(len(conflict)))).argmax(1)
    cues = conflict.cues
    found = cue_answers(predictions.numpy(), cues["shape"].numpy(), cues["texture"].numpy())
    shape, texture = int(found.shape.sum()), int(found.texture.sum())
    return shape, texture, len(conflict) - shape - texture


def main() -> None:
    """Train what is missing, then write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("runs/dose-response"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--contrasts", type=float, nargs="+", default=CONTRASTS)
    parser.add_argument("--table", type=Path, default=None)
    arguments = parser.parse_args()
    plan = demo_plan()
    rows = []
    for seed in arguments.seeds:
        for contrast in arguments.contrasts:
            data = replace(plan.data, texture_contrast=contrast).open(None, seed=plan.study.seed)
            for radius in RADII:
                place = arguments.out / f"{contrast:g}-{255 * radius:g}-{seed}"
                model = train_model_file(
                    place / "model.safetensors",
                    model_plan(plan, radius, seed),
                    data,
                    checkpoints=place / "training",
                    progress=silent,
                    device=torch.device("cpu"),
                )
                counts = answers(model.classifier, data.conflict)
                clean = share_right(model.classifier, data)
                rows.append((contrast, round(radius, 6), seed, round(clean, 4), *counts))
                print(*rows[-1], flush=True)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(sorted(rows))
    write_atomically(arguments.table or arguments.out / "dose-response.csv", text.getvalue())


if __name__ == "__main__":
    main()
