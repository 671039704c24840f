"""Oracles of forward passes: what shares a batch changes no bit, and low precision invents nothing.

The network is untrained; what is looked at does not depend on what it learned. It lies on a GPU
where there is one, as it does in a study.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from cuelens.attacks import PGD
from cuelens.balls import Linf
from cuelens.datasets import InMemoryDataset
from cuelens.evaluation import RecordStore, attack_dataset
from cuelens.evaluation.attack_images import AttackedImages
from cuelens.evaluation.forward import logits_of
from cuelens.networks.classifier import Classifier
from cuelens.networks.fast_path import fast
from cuelens.randomness import Chance
from cuelens.sources import build_network
from cuelens.study.models.loaded import best_device
from cuelens.study.oracles.finding import Finding, Oracle, near, same
from cuelens.tensors import Images, Logits

__all__ = ["PASSES"]

_COUNT = 40
_IDS = tuple(f"selfcheck/{number}" for number in range(_COUNT))
_RADIUS = 8 / 255


def _classifier() -> Classifier:
    network = build_network("small-resnet", classes=10, seed=0).to(best_device())
    return Classifier(network.eval(), class_names=tuple("abcdefghij"), name="untrained")


def _undecided() -> Classifier:
    """Return the network without its preference for one class, so that its answers can be moved."""
    classifier = _classifier()
    last = [one for one in classifier.network.modules() if isinstance(one, nn.Linear)][-1]
    preferred = logits_of(classifier, _images(), micro_batch=_COUNT).mean(0)
    with torch.no_grad():
        last.bias.sub_(preferred.to(last.bias))
    return classifier


def _pixels() -> torch.Tensor:
    """Return 8-bit images of 32 px."""
    drawn = Chance(0, _IDS).uniform((3, 32, 32), method="selfcheck-pixels")
    return (drawn * 255).round().to(torch.uint8)


def _images() -> Images:
    return _pixels().float() / 255


def batches_change_nothing(passes: Callable[..., Logits] = logits_of) -> Finding:
    """Look whether images have the same logits alone, in another order, and all together."""
    classifier, images = _classifier(), _images()
    together = passes(classifier, images, micro_batch=16)
    turned = passes(classifier, images.flip(0), micro_batch=16).flip(0)
    alone = torch.cat([passes(classifier, one[None], micro_batch=16) for one in images[:4]])
    return same(torch.cat([turned, alone]), torch.cat([together, together[:4]]))


def folding_changes_rounding_alone(form: Callable[..., Classifier] = fast) -> Finding:
    """Look by how much the fast form in float32 moves a logit, as a share of the largest one."""
    classifier, images = _classifier(), _images()
    own = logits_of(classifier, images)
    moved = logits_of(form(classifier, precision=torch.float32), images)
    return near([float((moved - own).abs().max() / own.abs().max())], [0.0], 1e-4)


def low_precision_invents_nothing(
    attacked_by: Callable[..., object] = attack_dataset,
) -> Finding:
    """Attack images on the fast path, and ask the untouched network in float32 who is fooled."""
    classifier, pixels = _undecided(), _pixels()
    answers = logits_of(classifier, _images(), micro_batch=_COUNT).argmax(1)
    dataset = InMemoryDataset(
        name="selfcheck",
        class_names=classifier.class_names,
        ids=_IDS,
        labels=answers,
        pixels=pixels,
    )
    attack = PGD(ball=Linf(radius=_RADIUS), step=_RADIUS / 4, steps=5, stop_when_fooled=True)
    with tempfile.TemporaryDirectory() as folder:
        store = RecordStore(Path(folder))
        attacked_by(
            classifier,
            dataset,
            attack,
            condition="pgd",
            store=store,
            keep_images=True,
            recheck=0,
            micro_batch=_COUNT,
        )
        rows = store.read("attacks")
        (key,) = store.keys("attacks")
        kept = AttackedImages.read(store, key)
    fooled = set(rows.filter("fooled")["image"])
    after = logits_of(classifier, kept.attacked, micro_batch=_COUNT).argmax(1)
    order = {image: place for place, image in enumerate(_IDS)}
    labels = answers[torch.tensor([order[image] for image in kept.ids])]
    truly = {
        image for image, wrong in zip(kept.ids, (after != labels).tolist(), strict=True) if wrong
    }
    invented = len(fooled - truly)
    return Finding(
        expected=f"0 of {len(fooled)} successes invented, at least one success",
        got=f"{invented} invented",
        passed=bool(fooled) and not invented,
    )


PASSES = (
    Oracle(
        name="passes/batches",
        claim="An image has the same logits whatever shares its batch, bit for bit.",
        look=batches_change_nothing,
    ),
    Oracle(
        name="passes/fast-form",
        claim="The fast form in float32 moves logits by rounding alone.",
        look=folding_changes_rounding_alone,
    ),
    Oracle(
        name="passes/confirmation",
        claim="Every success found on the fast path is one for the untouched network in float32.",
        look=low_precision_invents_nothing,
    ),
)
