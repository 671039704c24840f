"""Maps of networks that others trained and published, against captum and against each other."""

import warnings

import captum.attr
import pytest
import torch
from scipy.stats import spearmanr
from torch import nn

from bench.published import NETWORKS, cifar10_folder, load_published, weights_folder
from cuelens.datasets import Cifar10
from cuelens.networks import Classifier
from cuelens.randomness import Chance
from cuelens.salience import RISE, GradCAM, Gradient, GuidedBackpropagation, Occlusion, Score

pytestmark = pytest.mark.data

COUNT = 8


class AsModule(nn.Module):
    """A classifier as captum wants it."""

    def __init__(self, classifier: Classifier) -> None:
        super().__init__()
        self.network = classifier.network
        self.specification = classifier.specification

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.network(self.specification.prepare(images))


@pytest.fixture(scope="module")
def seen() -> tuple[torch.Tensor, torch.Tensor, Chance]:
    folder = cifar10_folder()
    if folder is None:
        pytest.skip("needs CIFAR-10: set CUELENS_DATA to the folder of cifar-10-batches-py")
    dataset = Cifar10(folder, split="test")
    images = dataset.images(torch.arange(COUNT))
    return images, dataset.labels[:COUNT], Chance(0, dataset.ids[:COUNT])


@pytest.fixture(params=NETWORKS)
def published(request) -> tuple[str, Classifier]:
    folder = weights_folder()
    if folder is None:
        pytest.skip("needs the published weights: put `weights` into the folder of CUELENS_DATA")
    return request.param, load_published(request.param, folder)


def test_guided_backpropagation_is_captums_and_not_the_gradient(published, seen):
    _, classifier = published
    images, labels, chance = seen
    maps = GuidedBackpropagation()(classifier, images, labels, chance=chance)
    gradient = Gradient(score=Score.LOGIT)(classifier, images, labels, chance=chance)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of its hooks, each time
        guided = captum.attr.GuidedBackprop(AsModule(classifier))
        captums = guided.attribute(images.clone().requires_grad_(), target=labels)
    assert torch.equal(captums, maps)
    assert float((maps - gradient).abs().max()) > 0.1 * float(gradient.abs().max())


def test_grad_cam_is_captums_on_the_layer_that_it_finds(published, seen):
    name, classifier = published
    images, labels, chance = seen
    found = {"resnet20": "layer3", "resnet2b": "layer1"}.get(name, "3")
    maps = GradCAM()(classifier, images, labels, chance=chance)
    attribution = captum.attr.LayerGradCam(
        AsModule(classifier), classifier.network.get_submodule(found)
    )
    grid = attribution.attribute(images, target=labels)
    expected = captum.attr.LayerAttribution.interpolate(grid, (32, 32), "bilinear").detach()
    assert torch.equal(maps, (expected / 3).expand(-1, 3, -1, -1))


def test_what_covers_the_image_by_windows_and_by_masks_agrees(published, seen):
    """Two ways to ask the same: the mean rank correlation of their maps is far from chance."""
    _, classifier = published
    images, labels, chance = seen
    windows = Occlusion()(classifier, images, labels, chance=chance).sum(1)
    masks = RISE(masks=300)(classifier, images, labels, chance=chance).sum(1)
    pairs = zip(windows.flatten(1), masks.flatten(1), strict=True)
    agreement = [float(spearmanr(one, other).statistic) for one, other in pairs]
    assert sum(agreement) / COUNT > 0.3  # .40 to .64 were seen
