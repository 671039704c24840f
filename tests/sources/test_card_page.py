"""The card of a model, as a page that people read."""

from dataclasses import replace
from pathlib import Path

from cuelens.networks import InputSpecification
from cuelens.sources import ModelCard, card_page

HISTORY = [
    {"epoch": 1.0, "loss": 1.5, "accuracy": 0.5, "robust_accuracy": 0.25, "best": True},
    {"epoch": 2.0, "loss": 1.25, "accuracy": 0.625, "robust_accuracy": 0.125, "overfitted": True},
]
CARD = ModelCard(
    name="pgd | 8",
    architecture="small-resnet",
    class_names=("ant", "bee"),
    specification=InputSpecification(height=32, width=32, low_pass=5.5),
    recipe="Recipe(epochs=2)",
    training_seed=3,
    training={
        "data": "cifar10-train",
        "data_fingerprint": "0123",
        "images": 45000,
        "seconds": 61.7,
        "weights": "best",
        "epoch": 1.0,
        "validation_accuracy": 0.5,
        "validation_robust_accuracy": 0.25,
        "history": HISTORY,
    },
)
PAGE = """\
# pgd | 8

`robust.safetensors`, written by cuelens.

|  |  |
| --- | --- |
| **network** | small-resnet |
| **recipe** | `Recipe(epochs=2)` |
| **training seed** | 3 |
| **data** | cifar10-train, 45,000 images, fingerprint `0123` |
| **classes** | ant, bee |
| **weights** | best, of epoch 1 |
| **validation accuracy** | 50.0% |
| **validation accuracy under attack** | 25.0% |
| **seconds of training** | 62 |
| **front end** | low-pass filter, cutoff 5.5 cycles per image, part of the network |

## Curve

On validation images, which chose the epoch; test images were not looked at.

| epoch | loss | accuracy | under PGD-10 |  |
| --- | --- | --- | --- | --- |
| 1 | 1.500 | 50.0% | 25.0% | best so far |
| 2 | 1.250 | 62.5% | 12.5% | overfitted: given up |

Catastrophic overfitting was found: training ended there and went back to the last sound epoch.

## Intended use
"""


def test_a_page_tells_recipe_seed_data_curve_accuracies_and_use():
    page = card_page(CARD, file=Path("somewhere/robust.safetensors"))
    start, use = page[: len(PAGE)], page[len(PAGE) :]
    assert start == PAGE
    assert "no decision about anybody" in use
    assert page.endswith(".\n")


def test_a_page_of_the_least_says_what_is_unknown():
    card = replace(CARD, training={}, training_seed=None, specification=InputSpecification())
    page = card_page(card, file=Path("x.safetensors"))
    assert "| **training seed** | unknown |" in page
    assert "| **validation accuracy** | not measured |" in page
    assert "front end" not in page
    assert "verfitting" not in page


def test_a_cell_cannot_break_its_table():
    card = replace(CARD, class_names=("a|b", "c"))
    assert "| **classes** | a/b, c |" in card_page(card, file=Path("x.safetensors"))
