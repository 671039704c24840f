"""Features of layers: what they are, and that the network stays as it was."""

import pytest
import torch
from torch import nn

from cuelens.errors import ConfigError, ModelError
from cuelens.networks import Classifier, layer_features, small_resnet
from cuelens.randomness import Chance

IMAGES = Chance(0, tuple("abcdefgh")).uniform((3, 32, 32), method="test")


def classifier_of(network, classes=10):
    return Classifier(network, class_names=tuple(map(str, range(classes))), name="mine")


@pytest.fixture
def classifier():
    return classifier_of(small_resnet(10).train())


class Odd(nn.Module):
    """Has a layer that never runs, one that answers no tensor, and one with tokens."""

    def __init__(self):
        super().__init__()
        self.idle = nn.Linear(3, 3)
        self.pair = Pair()
        self.tokens = nn.Linear(3, 5)
        self.last = nn.Linear(5, 10)

    def forward(self, images):
        means, _ = self.pair(images)
        tokens = self.tokens(means.flatten(2).transpose(1, 2))
        return self.last(tokens.mean(1))


class Pair(nn.Module):
    def forward(self, images):
        return images, "a word"


class Word(nn.Module):
    def forward(self, images):
        return {"answer": images}


def test_maps_are_averaged_over_the_cells_of_a_grid(classifier):
    kept = []
    handle = classifier.network.stages[0].register_forward_hook(lambda *got: kept.append(got[2]))
    found = layer_features(classifier, IMAGES, ["stages.0"], grid=2, micro_batch=8)["stages.0"]
    handle.remove()
    assert found.shape == (8, 32 * 4)
    cells = kept[0].unflatten(2, (2, 16)).unflatten(4, (2, 16)).mean((3, 5))
    torch.testing.assert_close(found, cells.flatten(1))


def test_small_maps_vectors_and_tokens_are_kept_or_averaged(classifier):
    found = layer_features(classifier, IMAGES, ["pool", "classify", ""])
    assert found["pool"].shape == (8, 128)
    assert torch.equal(found["classify"], found[""])
    tokens = layer_features(classifier_of(Odd().eval()), IMAGES, ["tokens", "pair"])
    assert tokens["tokens"].shape == (8, 5)
    assert tokens["pair"].shape == (8, 3 * 16)


def test_many_channels_make_fewer_cells():
    network = nn.Sequential(nn.Conv2d(3, 200, 1), nn.AdaptiveAvgPool2d(8), nn.Flatten())
    found = layer_features(classifier_of(network, 200 * 64), IMAGES, ["0"])
    assert found["0"].shape == (8, 200 * 4)


def test_an_image_has_the_same_features_whatever_comes_with_it(classifier):
    layers = ["conv", "stages.2", "classify"]
    whole = layer_features(classifier, IMAGES, layers, micro_batch=5)
    for name, rows in layer_features(classifier, IMAGES[5:7], layers, micro_batch=5).items():
        assert torch.equal(rows, whole[name][5:7])


def hooks(network):
    return sum(len(module._forward_hooks) for module in network.modules())


def test_the_network_stays_as_it_was_also_after_an_error(classifier):
    before = {name: value.clone() for name, value in classifier.network.state_dict().items()}
    layer_features(classifier, IMAGES, ["stages.1"])
    with pytest.raises(ModelError):
        layer_features(classifier, torch.zeros(2, 1, 32, 32), ["stages.1"])
    assert hooks(classifier.network) == 0
    assert all(module.training for module in classifier.network.modules())
    after = classifier.network.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items())
    assert all(parameter.grad is None for parameter in classifier.network.parameters())


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (
            "stage.1",
            "Layers must be among those of mine, got 'stage.1'. Did you mean ",
        ),
        (
            "xyz",
            (
                "Layers must be among those of mine, got 'xyz'. There are idle, tokens, last and "
                "their parts."
            ),
        ),
        (
            "idle",
            (
                "The layer 'idle' of mine must run when images go through the network, but it did "
                "not. Leave it out."
            ),
        ),
    ],
)
def test_layers_that_cannot_be_heard_are_refused_in_words(layer, words):
    network = small_resnet(10) if layer == "stage.1" else Odd()
    with pytest.raises(ModelError) as caught:
        layer_features(classifier_of(network), IMAGES, [layer])
    assert str(caught.value).startswith(words)
    assert hooks(network) == 0


def test_a_layer_that_answers_no_tensor_is_refused_in_words():
    network = nn.Sequential(Word(), nn.Flatten())
    network[1].forward = lambda found: found["answer"].flatten(1)[:, :10]
    with pytest.raises(ModelError) as caught:
        layer_features(classifier_of(network), IMAGES, ["0"])
    assert str(caught.value) == (
        "The layer '0' of mine must answer with a tensor of one row an image, got dict. Name "
        "another layer, such as one of its parts."
    )


@pytest.mark.parametrize("name", ["grid", "micro_batch"])
def test_settings_outside_their_range_are_refused(classifier, name):
    with pytest.raises(ConfigError) as caught:
        layer_features(classifier, IMAGES, ["conv"], **{name: 0})
    assert str(caught.value) == f"`{name}` must be at least 1, got 0."
