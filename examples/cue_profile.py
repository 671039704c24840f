"""Cue profile of two networks: what each loses without a cue, beyond what the control costs."""

import torch
from own_network import networks, rendered, right

from cuelens import Chance
from cuelens.evaluation import CONTROLS, condition_of
from cuelens.metrics import cue_reliance, retention

CUES = (("saturation", 8.0), ("shuffle", 4.0), ("low-pass", 6.0), ("greyscale", None))


def main() -> None:
    """Print retention and cue reliance, condition by condition."""
    test = rendered("test")
    images = test.images(torch.arange(len(test)))
    chance = Chance(0, test.ids)  # both networks meet the same images
    print(f"{'':12} {'condition':14} retention  control  cue reliance (n right when clean)")
    for name, classifier in networks().items():
        clean = right(classifier, images, test.labels).numpy()
        for family, level in CUES:
            without, control = (
                right(classifier, condition.transform(images, chance=chance), test.labels).numpy()
                for condition in (
                    condition_of(family, level),
                    condition_of(CONTROLS[family], level),
                )
            )
            kept, plain = retention(clean, without), retention(clean, control)
            found = cue_reliance(clean, without, control, classes=10).estimate
            print(
                f"{name:12} {condition_of(family, level).name:14} {kept.value:9.2f} "
                f"{plain.value:8.2f}  {found.value:+.2f} [{found.low:+.2f}, {found.high:+.2f}] "
                f"({found.n})"
            )


if __name__ == "__main__":
    main()
