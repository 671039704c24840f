"""Where two networks look, in numbers: shares of contour, figure and ground, and sparsity.

The images are rendered, so that it is known exactly where the figure is.
"""

import torch
from own_network import networks, rendered

from cuelens import Chance, Gradient, SmoothGrad
from cuelens.means import mean
from cuelens.metrics import background_share, contour_share, inside_share, sparsity
from cuelens.salience import Score

METHODS = {
    "gradient": Gradient(score=Score.LOG_PROBABILITY),
    "smoothgrad": SmoothGrad(samples=10, noise=0.05, score=Score.LOG_PROBABILITY),
}


def main() -> None:
    """Print the means over images, with their intervals."""
    test = rendered("test")
    rows = torch.arange(60)
    images, labels, masks = test.images(rows), test.labels[rows], test.masks(rows)
    chance = Chance(0, test.ids).take(rows)
    for name, classifier in networks().items():
        for method, salience in METHODS.items():
            maps = salience(classifier, images, labels, chance=chance)
            measured = {
                "contour": contour_share(maps, masks),
                "inside": inside_share(maps, masks),
                "background": background_share(maps, masks),
                "sparsity": sparsity(maps),
            }
            words = []
            for measure, values in measured.items():
                found = mean(values.double().numpy())
                words.append(f"{measure} {found.value:.2f} [{found.low:.2f}, {found.high:.2f}]")
            print(f"{name}, {method}, n = {len(rows)}: {', '.join(words)}")


if __name__ == "__main__":
    main()
