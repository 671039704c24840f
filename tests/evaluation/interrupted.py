"""A small job of evaluation, to be killed and started again: `python interrupted.py FOLDER`.

It prints a line after each part.
"""

import sys
from pathlib import Path

import torch

from cuelens.attacks import PGD
from cuelens.balls import Linf
from cuelens.datasets import InMemoryDataset
from cuelens.evaluation import Condition, RecordStore, attack_dataset, evaluate_models
from cuelens.networks import Classifier, ResNet

CLASSES = ("ant", "bee", "cat")
IMAGES = 60


def model(seed: int) -> Classifier:
    network = ResNet(classes=len(CLASSES), widths=(4, 8), blocks=1)
    for place, parameter in enumerate(network.parameters()):
        values = torch.linspace(0, 50 + seed + place, parameter.numel()).sin()
        parameter.data = values.reshape(parameter.shape)
    return Classifier(network, class_names=CLASSES, name=f"model {seed}")


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    waves = torch.linspace(0, 9000, IMAGES * 3 * 16 * 16).sin().reshape(IMAGES, 3, 16, 16)
    dataset = InMemoryDataset(
        name="waves",
        class_names=CLASSES,
        ids=tuple(f"wave/{row}" for row in range(IMAGES)),
        labels=torch.arange(IMAGES) % len(CLASSES),
        pixels=((waves + 1) * 127).to(torch.uint8),
    )
    store = RecordStore(folder)
    attack = PGD(ball=Linf(radius=0.1), step=0.03, steps=5, stop_when_fooled=True)

    def tell(done: int, total: int, what: str) -> None:
        sys.stdout.write(f"{done}/{total} {what}\n")
        sys.stdout.flush()

    models = {one.name: one for one in (model(1), model(2))}
    conditions = [Condition.clean()]
    evaluate_models(models, dataset, conditions, store=store, micro_batch=4, chunk=4, progress=tell)
    for one in models.values():
        attack_dataset(
            one, dataset, attack, condition="pgd", store=store, chunk=6, micro_batch=6,
            recheck=12, progress=tell,
        )  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]))
