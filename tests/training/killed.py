"""A small training, to be killed and started again: `python killed.py standard|min-max FOLDER`.

It prints a line after each step, and at the end the fingerprint of the network.
"""

import sys
from pathlib import Path

from tests.training.conftest import ROBUST, STANDARD, noise

from cuelens.training import Training, train


def main(kind: str, folder: Path) -> None:
    training = Training(
        architecture="small-resnet",
        recipe={"standard": STANDARD, "min-max": ROBUST}[kind],
        training=noise(27),
        validation=noise(12, seed=1),
    )
    trained = train(
        training, folder=folder, progress=lambda moment: tell(moment.step), checkpoint_seconds=0
    )
    tell(trained.classifier.fingerprint())


def tell(what: object) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
