"""Networks that others trained and published: their accuracies, clean and under attack."""

from pathlib import Path

import pytest
import torch

from bench.published import NETWORKS, cifar10_folder, load_published, weights_folder
from cuelens.attacks import PGD
from cuelens.balls import Linf
from cuelens.datasets import Cifar10
from cuelens.evaluation import RecordStore, attack_dataset, logits_of

pytestmark = pytest.mark.data

CLEAN = {
    "resnet2b": 0.6925,
    "cifar_cnn_a_adv": 0.698,
    "conv_small_pgd": 0.629,
    "small_nor": 0.777,
    "small_adv": 0.365,
    "small_lpd": 0.508,
}
"""Over the 10,000 test images, as they were published or measured elsewhere."""

ATTACKED = {
    "resnet2b": (0.550, 0.176),
    "cifar_cnn_a_adv": (0.520, 0.130),
    "conv_small_pgd": (0.468, 0.154),
    "small_nor": (0.110, 0.000),
    "small_adv": (0.234, 0.056),
    "small_lpd": (0.422, 0.218),
}
"""Over the first 500 under PGD-20 of unstated step, at radius 2/255 and 8/255."""

CASES = [
    (network, radius, accuracies[place])
    for network, accuracies in ATTACKED.items()
    for place, radius in enumerate((2, 8))
]


@pytest.fixture(scope="module")
def test_images() -> Cifar10:
    folder = cifar10_folder()
    if folder is None:
        pytest.skip("needs CIFAR-10: set CUELENS_DATA to the folder of cifar-10-batches-py")
    return Cifar10(folder, split="test")


@pytest.fixture(scope="module")
def weights() -> Path:
    folder = weights_folder()
    if folder is None:
        pytest.skip("needs the published weights: put `weights` into the folder of CUELENS_DATA")
    return folder


def robust_accuracy(network, attack, *, weights, images, folder) -> float:
    """Return it as evaluation measures it: on the fast path, confirmed in float32."""
    dataset = images.take(torch.arange(500), name="first 500")
    store = RecordStore(folder)
    done = attack_dataset(
        load_published(network, weights), dataset, attack, condition="pgd-20", store=store
    )
    frame = store.read(done.table, done.keys)
    assert len(frame) == 500
    assert frame["length"].max() <= attack.ball.radius + 1e-6
    return 1 - frame["fooled"].mean()


def pgd_20(radius: int) -> PGD:
    ball = Linf(radius=radius / 255)
    return PGD(ball=ball, step=ball.radius / 4, steps=20, stop_when_fooled=True)


def test_every_network_has_its_accuracies():
    assert set(CLEAN) == set(ATTACKED) == set(NETWORKS) - {"resnet20"}


@pytest.mark.parametrize("network", ATTACKED)
def test_the_clean_accuracy_is_the_published_one(network, test_images, weights):
    classifier = load_published(network, weights)
    images = test_images.images(torch.arange(10_000))
    right = (logits_of(classifier, images).argmax(1) == test_images.labels).sum()
    stated = CLEAN[network]
    digits = len(f"{stated}".removeprefix("0."))
    assert abs(int(right) / 10_000 - stated) <= 0.5 * 10**-digits + 1e-9


@pytest.mark.parametrize(("network", "radius", "stated"), CASES)
def test_the_robust_accuracy_is_not_above_the_one_found_elsewhere(
    network, radius, stated, test_images, weights, tmp_path
):
    found = robust_accuracy(
        network, pgd_20(radius), weights=weights, images=test_images, folder=tmp_path
    )
    assert found <= stated + 0.01
    # An attack that fools what nobody else can has left its ball, or its images.
    assert found >= stated - 0.03
