"""Models of torchvision give torchvision's own logits, prepared and named as it says."""

import pytest
import torch

from cuelens.errors import ConfigError
from cuelens.randomness import Chance
from cuelens.sources import Stated, open_model

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("torchvision_operators")]


@pytest.fixture
def models(torchvision_operators):
    return pytest.importorskip("torchvision.models")


@pytest.fixture
def untrained(models, monkeypatch):
    """Have torchvision draw weights where it would download them; return what was asked for."""
    get, asked = models.get_model, []

    def drawn(name, *, weights, **settings):
        asked.append(weights)
        torch.manual_seed(0)
        return get(name, weights=None, **settings)

    monkeypatch.setattr(models, "get_model", drawn)
    return asked


@pytest.mark.parametrize(
    ("address", "weights", "resize", "size"),
    [
        ("shufflenet_v2_x0_5", "ShuffleNet_V2_X0_5_Weights.IMAGENET1K_V1", 256, 224),
        ("resnet18.IMAGENET1K_V1", "ResNet18_Weights.IMAGENET1K_V1", 256, 224),
        ("efficientnet_b0", "EfficientNet_B0_Weights.IMAGENET1K_V1", 256, 224),
    ],
)
def test_logits_preparation_and_classes_are_torchvisions(
    models, untrained, address, weights, resize, size
):
    found = open_model(f"torchvision:{address}")
    assert [str(one) for one in untrained] == [weights]
    specification = found.classifier.specification
    assert (specification.height, round(size / specification.crop)) == (size, resize)
    transforms = untrained[0].transforms()
    images = Chance(0, ("a",)).uniform((3, size, size), method="test")
    network = models.get_model(address.partition(".")[0], weights=untrained[0]).eval()
    mean, deviation = (
        torch.tensor(values)[None, :, None, None] for values in (transforms.mean, transforms.std)
    )
    with torch.no_grad():
        expected = network((images - mean) / deviation)
        torch.testing.assert_close(found.classifier(images), expected, rtol=0, atol=1e-5)
    assert found.classifier.class_names[0] == "tench"
    assert found.provenance.weights == weights


def test_photographs_are_resized_and_cropped_as_torchvision_does(untrained):
    found = open_model("torchvision:shufflenet_v2_x0_5")
    photo = Chance(0, ("a",)).uniform((3, 300, 401), method="test")
    expected = untrained[0].transforms()(photo)
    got = found.classifier.specification.prepare(photo)
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-5)


def test_weights_of_ones_own_are_read_into_a_network_of_torchvision(models, tmp_path):
    torch.manual_seed(1)
    network = models.get_model("shufflenet_v2_x0_5", weights=None, num_classes=4).eval()
    torch.save(network.state_dict(), tmp_path / "mine.pth")
    found = open_model(
        tmp_path / "mine.pth", stated=Stated(architecture="torchvision:shufflenet_v2_x0_5")
    )
    images = Chance(0, ("a",)).uniform((3, 224, 224), method="test")
    with torch.no_grad():
        expected = network(found.classifier.specification.prepare(images))
        assert torch.equal(found.classifier(images), expected)


def test_what_torchvision_does_not_have_is_refused_with_the_nearest(models):
    with pytest.raises(ConfigError) as caught:
        open_model("torchvision:resnet_50")
    assert str(caught.value).startswith(
        "`torchvision:` must be followed by a classifier of torchvision, got 'resnet_50'. Did you "
        "mean resnet50"
    )
    with pytest.raises(ConfigError) as caught:
        open_model("torchvision:resnet50.V3")
    assert str(caught.value) == (
        "The weights of torchvision:resnet50 must be one of IMAGENET1K_V1, IMAGENET1K_V2, got 'V3'."
    )
    with pytest.raises(ConfigError, match="followed by a classifier"):
        open_model("torchvision:fasterrcnn_resnet50_fpn")
