"""Which layer is the last that tells places apart, in networks of every kind."""

import pytest
import torch
from tests.networks.tiny_transformers import Hierarchical, VisionTransformer, seeded
from torch import nn

from cuelens.errors import ModelError
from cuelens.networks import Classifier, InputSpecification, fast, resnet18, small_resnet
from cuelens.networks.grids import GridLayout
from cuelens.networks.spatial_layers import last_spatial_layer


def found(network, *, size=(32, 32), classes=4, like=torch.float64, **settings):
    names = tuple(map(str, range(classes)))
    classifier = Classifier(network, class_names=names, name="mine", **settings)
    return last_spatial_layer(classifier, torch.zeros(1, 3, *size, dtype=like))


def first(rows, columns):
    return GridLayout("channels-first", rows, columns)


def test_of_a_residual_network_it_is_the_last_block():
    for network, grid in ((resnet18(4), 4), (small_resnet(4), 8)):
        assert found(network, like=torch.float32) == ("stages", first(grid, grid))


def test_behind_the_last_convolution_norms_and_activations_count_and_poolings_do_not():
    layers = [nn.Conv2d(3, 4, 3, 2), nn.BatchNorm2d(4), nn.ReLU(), nn.AvgPool2d(5)]
    network = nn.Sequential(*layers, nn.Flatten(), nn.Linear(36, 4)).eval()
    assert found(network, like=torch.float32) == ("2", first(15, 15))
    nested = nn.Sequential(nn.Sequential(*layers), nn.Flatten(), nn.Linear(36, 4)).eval()
    assert found(nested, like=torch.float32) == ("0.2", first(15, 15))


def test_the_fast_form_has_the_same_layer():
    layers = [nn.Conv2d(3, 4, 3, 2), nn.BatchNorm2d(4), nn.ReLU6(), nn.AvgPool2d(5)]
    network = nn.Sequential(*layers, nn.Flatten(), nn.Linear(36, 4)).eval()
    classifier = Classifier(network, class_names=tuple("abcd"))
    quick = fast(classifier)
    images = torch.zeros(5, 3, 32, 32)
    assert last_spatial_layer(quick, images) == ("network.2", first(15, 15))
    residual = fast(Classifier(small_resnet(4), class_names=tuple("abcd")))
    assert last_spatial_layer(residual, images) == ("network.stages", first(8, 8))


@pytest.mark.parametrize("prefix", [1, 2, 5])
@pytest.mark.parametrize("by_convolution", [True, False])
def test_of_a_transformer_with_a_class_token_it_is_the_norm_before_the_last_attention(
    prefix, by_convolution
):
    network = seeded(VisionTransformer(prefix=prefix, by_convolution=by_convolution))
    assert found(network) == ("blocks.2.norm1", GridLayout("tokens", 8, 8, prefix))


def test_of_a_transformer_that_reads_all_tokens_it_is_the_last_norm():
    assert found(seeded(VisionTransformer(prefix=0))) == ("norm", GridLayout("tokens", 8, 8, 0))


def test_more_registers_than_the_next_grid_needs_are_told_by_the_patches():
    network = seeded(VisionTransformer(prefix=10))
    name, layout = found(network, size=(16, 16))
    assert (name, layout) == ("blocks.2.norm1", GridLayout("tokens", 4, 4, 10))


def test_of_a_transformer_of_oblong_images():
    name, layout = found(seeded(VisionTransformer(prefix=1)), size=(24, 40))
    assert (name, layout) == ("blocks.2.norm1", GridLayout("tokens", 6, 10, 1))


def test_of_a_hierarchical_transformer_it_is_the_last_norm_with_channels_last():
    assert found(seeded(Hierarchical())) == ("norm", GridLayout("channels-last", 4, 4))


def test_sizes_are_those_that_the_network_reads():
    specification = InputSpecification(height=16, width=24)
    _, layout = found(
        seeded(VisionTransformer(prefix=1)), size=(40, 40), specification=specification
    )
    assert layout == GridLayout("tokens", 4, 6, 1)


class Gated(nn.Module):
    """A convolution and a gate from pooled features, as squeeze-and-excitation has."""

    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv2d(3, 8, 3, 2, 1)
        self.squeeze = nn.AdaptiveAvgPool2d(1)
        self.gate = nn.Conv2d(8, 8, 1)
        self.mixed = nn.Identity()
        self.head = nn.Conv2d(8, 4, 1)

    def forward(self, images):
        features = self.convolution(images)
        features = self.mixed(features * self.gate(self.squeeze(features)).sigmoid())
        return self.head(self.squeeze(features)).flatten(1)


def test_gates_and_heads_on_pooled_features_do_not_count():
    assert found(seeded(Gated())) == ("mixed", first(16, 16))


def test_where_the_logits_depend_on_nothing_the_last_grid_is_taken():
    network = nn.Sequential(nn.Conv2d(3, 4, 3, 2), nn.ReLU(), nn.Flatten(), nn.Linear(900, 4))
    network[0].bias.data.fill_(-1e6)  # no unit is ever on
    assert found(network, like=torch.float32) == ("1", first(15, 15))


class Aside(nn.Module):
    """Answers with what has no row an image: a number, words, and nothing."""

    def __init__(self, answer):
        super().__init__()
        self.answer = answer

    def forward(self, features):
        return self.answer(features)


class WithAsides(nn.Module):
    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv2d(3, 4, 3, 2)
        self.loss = Aside(lambda features: features.mean())
        self.words = Aside(lambda features: {"rows": features})
        self.nothing = Aside(lambda features: ())
        self.head = nn.Linear(4, 4)

    def forward(self, images):
        features = self.convolution(images)
        for aside in (self.loss, self.words, self.nothing):
            aside(features)
        return self.head(features.mean((2, 3)))


def test_what_else_layers_answer_with_is_passed():
    assert found(seeded(WithAsides())) == ("convolution", first(15, 15))


NONE = {
    "no convolution": nn.Sequential(nn.Flatten(), nn.Linear(3072, 8), nn.ReLU(), nn.Linear(8, 4)),
    "grids of one cell": nn.Sequential(
        nn.Conv2d(3, 4, 32), nn.ReLU(), nn.Flatten(), nn.Linear(4, 4)
    ),
    "no weights on a grid": nn.Sequential(nn.AvgPool2d(16), nn.Flatten(), nn.Linear(12, 4)),
}


@pytest.mark.parametrize("network", NONE.values(), ids=NONE)
def test_a_network_without_such_a_layer_is_refused(network):
    with pytest.raises(ModelError) as caught:
        found(network, like=torch.float32)
    assert str(caught.value) == (
        "mine must have a layer with weights whose answer is a grid of at least 2 cells, (batch, "
        "channel, height, width), (batch, height, width, channel) or tokens, got none. State "
        "`layer` and `grid`, or take a method that reads no layers."
    )


def test_the_network_is_left_as_it_was():
    network = small_resnet(4).train()
    state = {name: value.clone() for name, value in network.state_dict().items()}
    found(network, like=torch.float32)
    assert all(module.training for module in network.modules())
    assert all(torch.equal(value, state[name]) for name, value in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())
    assert not any(module._forward_hooks for module in network.modules())
