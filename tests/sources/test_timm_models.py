"""Models of timm give timm's own logits, prepared and named as timm says."""

import pytest
import torch

from cuelens.errors import ConfigError, ModelError
from cuelens.networks.imagenet_classes import imagenet_names
from cuelens.randomness import Chance
from cuelens.sources import Preprocessing, Stated, open_model

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("torchvision_operators", "offline")]


@pytest.fixture
def timm(torchvision_operators):
    return pytest.importorskip("timm")


@pytest.fixture
def untrained(timm, monkeypatch):
    """Have timm draw weights where it would download them; return what it was asked for."""
    create, asked = timm.create_model, []

    def drawn(name, *, pretrained, **settings):
        asked.append((name, pretrained))
        torch.manual_seed(0)
        return create(name, pretrained=False, **settings)

    monkeypatch.setattr(timm, "create_model", drawn)
    return asked


@pytest.mark.parametrize(
    ("name", "side", "around", "interpolation", "mean"),
    [
        ("test_resnet.r160_in1k", 160, 168, "bilinear", 0.5),
        ("test_vit.r160_in1k", 160, 168, "bicubic", 0.5),
        ("test_convnext.r160_in1k", 160, 168, "bicubic", 0.5),
    ],
)
def test_logits_preparation_and_classes_are_timms(
    timm, untrained, name, side, around, interpolation, mean
):
    found = open_model(f"timm:{name}")
    assert untrained == [(name, True)]
    network = timm.create_model(name, pretrained=True).eval()
    specification = found.classifier.specification
    assert (specification.height, specification.width) == (side, side)
    assert round(side / specification.crop) == around
    assert (specification.interpolation, specification.fit) == (interpolation, "square")
    assert specification.mean == (mean,) * 3
    images = Chance(0, tuple("ab")).uniform((3, side, side), method="test")
    config = timm.data.resolve_model_data_config(network)
    normalise = [torch.tensor(config[one])[None, :, None, None] for one in ("mean", "std")]
    with torch.no_grad():
        expected = network((images - normalise[0]) / normalise[1])
        torch.testing.assert_close(found.classifier(images), expected, rtol=0, atol=1e-5)
    assert found.classifier.class_names[:134] == imagenet_names()[:134]
    assert found.classifier.class_names[134] == "crane (134)"
    assert found.classifier.name == name
    assert found.provenance.library == f"timm {timm.__version__}"
    assert found.provenance.preprocessing == "timm's settings of these weights"


def test_photographs_are_resized_and_cropped_as_timm_does(timm, untrained):
    import numpy as np
    from PIL import Image

    found = open_model("timm:test_resnet.r160_in1k")
    coarse = np.random.Generator(np.random.Philox(key=1)).integers(0, 256, (9, 12, 3), np.uint8)
    photo = Image.fromarray(coarse).resize((400, 300), Image.Resampling.BICUBIC)
    config = timm.data.resolve_model_data_config(timm.create_model("test_resnet", pretrained=True))
    expected = timm.data.create_transform(**config, is_training=False)(photo)[None]
    pixels = torch.from_numpy(np.asarray(photo).transpose(2, 0, 1).copy())[None].float() / 255
    got = found.classifier.specification.prepare(pixels)
    assert float((got - expected).abs().max()) < 1.5 / 255 / min(config["std"])


def test_weights_of_ones_own_are_read_into_a_network_of_timm(timm, tmp_path):
    torch.manual_seed(1)
    network = timm.create_model("test_resnet", pretrained=False, num_classes=5).eval()
    torch.save({"state_dict": network.state_dict()}, tmp_path / "mine.pth")
    stated = Stated(architecture="timm:test_resnet", preprocessing=Preprocessing.read("size: 64"))
    found = open_model(tmp_path / "mine.pth", stated=stated)
    assert found.classifier.class_names == tuple("01234")
    assert found.classifier.specification.height == 64
    images = Chance(0, tuple("ab")).uniform((3, 64, 64), method="test")
    with torch.no_grad():
        expected = network(found.classifier.specification.prepare(images))
        assert torch.equal(found.classifier(images), expected)


def test_thousands_of_classes_have_the_names_of_timms_list(timm, untrained, monkeypatch):
    create = timm.create_model
    monkeypatch.setattr(
        timm, "create_model", lambda name, **settings: create(name, num_classes=21_841, **settings)
    )
    found = open_model("timm:test_resnet.r160_in1k")
    assert len(found.classifier.class_names) == len(set(found.classifier.class_names)) == 21_841
    assert found.provenance.classes == "timm's list imagenet-22k"


def test_names_that_timm_does_not_have_and_networks_it_has_not_trained_are_refused(timm):
    with pytest.raises(ConfigError) as caught:
        open_model("timm:resnet_18")
    assert str(caught.value).startswith(
        "`timm:` must be followed by a model of timm, got 'resnet_18'. Did you mean resnet18"
    )
    name = next(one for one in timm.list_models() if not timm.models.is_model_pretrained(one))
    with pytest.raises(ModelError) as caught:
        open_model(f"timm:{name}")
    assert str(caught.value) == (
        f"Expected weights that timm has for {name}, got none: it is not trained. Give a file of "
        f"weights with `--arch timm:{name}`."
    )


def test_weights_that_cannot_be_had_are_said_to_be_missing(timm, monkeypatch):
    def unreachable(*_, **__):
        raise OSError("no route to host.\nmore")

    monkeypatch.setattr(timm, "create_model", unreachable)
    with pytest.raises(ModelError) as caught:
        open_model("timm:resnet18")
    assert str(caught.value) == (
        "Expected the weights of timm:resnet18, got an error: no route to host. Connect to the "
        "network once, or give a file of weights with `--arch timm:resnet18`."
    )
