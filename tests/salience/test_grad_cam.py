"""Grad-CAM: by hand, against captum, on every kind of network, and what is refused."""

import captum.attr
import jaxtyping
import pytest
import torch
from tests.networks.tiny_transformers import Hierarchical, VisionTransformer, seeded
from torch import nn

from cuelens.datasets import CueControlled
from cuelens.errors import ConfigError, FallbackWarning, ModelError
from cuelens.networks import Classifier, InputSpecification, fast, small_resnet
from cuelens.randomness import Chance
from cuelens.salience import GradCAM, Score

FOUR = ("a", "b", "c", "d")


def classifier_of(network, classes=4, **settings):
    names = tuple(map(str, range(classes)))
    return Classifier(network, class_names=names, name="mine", **settings)


def captums(network, layer, images, labels, *, positive=False):
    attribution = captum.attr.LayerGradCam(network, layer)
    maps = attribution.attribute(images, target=labels, relu_attributions=positive)
    size = tuple(images.shape[2:])
    maps = captum.attr.LayerAttribution.interpolate(maps, size, interpolate_mode="bilinear")
    return maps.detach()


def test_one_layer_by_hand():
    """Two channels on a grid of two cells: a weight is the mean gradient over the places."""
    network = nn.Sequential(nn.Conv2d(1, 2, 1, bias=False), nn.Flatten(), nn.Linear(4, 2))
    network[0].weight.data = torch.tensor([1.0, -2.0]).view(2, 1, 1, 1)
    network[2].weight.data = torch.tensor([[1.0, 3.0, 5.0, 0.0], [0.0, 0.0, 1.0, 1.0]])
    images = torch.tensor([0.5, 1.0]).view(1, 1, 1, 2).repeat(2, 1, 1, 1)
    one = InputSpecification(mean=(0.0,), deviation=(1.0,))
    classifier = classifier_of(network, 2, specification=one)
    maps = GradCAM()(classifier, images, torch.tensor([0, 1]), chance=Chance(0, ("a", "b")))
    # Class 0: 2 * x + 2.5 * (-2 x) = -3 x. Class 1: 0 * x + 1 * (-2 x) = -2 x.
    assert maps.flatten(1).tolist() == [[-1.5, -3.0], [-1.0, -2.0]]


@pytest.mark.parametrize("layer", ["0", "1", "2", "3", "4"])
def test_it_is_captums_to_the_last_bit(network, images, labels, chance, layer):
    expected = captums(network, network[int(layer)], images, labels)
    maps = GradCAM(layer=layer)(classifier_of(network), images, labels, chance=chance)
    assert torch.equal(maps, (expected / 3).expand(-1, 3, -1, -1))
    assert maps.amin() < 0 < maps.amax()


def test_with_the_papers_relu_it_is_captums_to_the_last_bit(network, images, labels, chance):
    expected = captums(network, network[4], images, labels, positive=True)
    maps = GradCAM(signs="positive")(classifier_of(network), images, labels, chance=chance)
    assert torch.equal(maps, (expected / 3).expand(-1, 3, -1, -1))
    assert maps.amin() == 0 < maps.amax()


def test_without_a_name_it_is_the_last_activation(network, images, labels, chance):
    classifier = classifier_of(network)
    named = GradCAM(layer="4")(classifier, images, labels, chance=chance)
    assert torch.equal(GradCAM()(classifier, images, labels, chance=chance), named)


def test_the_channels_add_up_to_the_number_of_the_place(network, images, labels, chance):
    expected = captums(network, network[4], images, labels)[:, 0]
    maps = GradCAM()(classifier_of(network), images, labels, chance=chance)
    torch.testing.assert_close(maps.sum(1), expected, rtol=1e-14, atol=0)


def test_the_cross_entropy_weighs_all_classes(network, images, labels, chance):
    """Maps are linear in the gradient at the logits, which is p - y."""
    classifier = classifier_of(network)
    each = [
        GradCAM()(classifier, images, torch.full_like(labels, label), chance=chance)
        for label in range(4)
    ]
    weights = network(images).softmax(1) - nn.functional.one_hot(labels, 4)
    expected = torch.einsum("ibchw,bi->bchw", torch.stack(each), weights).detach()
    maps = GradCAM(score=Score.CROSS_ENTROPY)(classifier, images, labels, chance=chance)
    torch.testing.assert_close(maps, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("prefix", [0, 1, 5])
def test_on_a_vision_transformer_the_grid_of_tokens_is_read(prefix, labels, chance):
    network = seeded(VisionTransformer(prefix=prefix))
    images = chance.uniform((3, 32, 32), method="test").double()
    maps = GradCAM()(classifier_of(network), images, labels, chance=chance)
    layer = network.blocks[2].norm1 if prefix else network.norm
    kept = []
    handle = layer.register_forward_hook(lambda _module, _inputs, output: kept.append(output))
    logits = network(images).gather(1, labels[:, None]).sum()
    handle.remove()
    (gradient,) = torch.autograd.grad(logits, kept[0])
    weights = gradient[:, prefix:].mean(1, keepdim=True)
    grid = (weights * kept[0][:, prefix:]).sum(2).view(6, 1, 8, 8)
    expected = nn.functional.interpolate(grid, (32, 32), mode="bilinear").detach()
    torch.testing.assert_close(maps.sum(1, keepdim=True), expected, rtol=1e-10, atol=1e-13)
    assert (maps.flatten(1).std(1) > 1e-6).all()


def test_on_a_grid_whose_channels_come_last(labels, chance):
    network = seeded(Hierarchical())
    images = chance.uniform((3, 32, 32), method="test").double()
    maps = GradCAM()(classifier_of(network), images, labels, chance=chance)
    features = network.merging(network.first(network.patches(images).permute(0, 2, 3, 1)))
    features = network.norm(network.second(features))
    # The head is linear in the mean over places: a weight is the head's, over the 16 places.
    grid = (features * network.head.weight[labels][:, None, None] / 16).sum(3)[:, None]
    expected = nn.functional.interpolate(grid, (32, 32), mode="bilinear").detach()
    torch.testing.assert_close(maps.sum(1, keepdim=True), expected, rtol=1e-10, atol=1e-13)


def test_a_stated_grid_counts(labels, chance):
    """Strips as patches: 2 rows of 8, which the proportions of the image do not tell."""
    network = seeded(VisionTransformer(prefix=1, by_convolution=False))
    network.patches.linear = nn.Linear(3 * 16 * 4, 12).double()
    unfolded = nn.functional.unfold

    class Strips(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = network.patches.linear

        def forward(self, images):
            return self.linear(unfolded(images, (16, 4), stride=(16, 4)).transpose(1, 2))

    network.patches = Strips()
    images = chance.uniform((3, 32, 32), method="test").double()
    maps = GradCAM(grid=(2, 8))(classifier_of(network), images, labels, chance=chance)
    rows = maps[:, 0, :, 10]
    assert torch.equal(rows[:, :8], rows[:, :1].expand(-1, 8))  # beyond the cells' centres
    assert not torch.equal(rows[:, 0], rows[:, -1])


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_it_works_on_the_fast_form_of_a_classifier(precision):
    torch.manual_seed(0)
    classifier = classifier_of(small_resnet(10).eval(), 10)
    chance = Chance(0, FOUR)
    images, labels = chance.uniform((3, 32, 32), method="test"), torch.arange(4)
    expected = GradCAM()(classifier, images, labels, chance=chance)
    assert torch.equal(GradCAM(layer="stages")(classifier, images, labels, chance=chance), expected)
    quick = fast(classifier, precision=precision)
    bound = float(expected.abs().max()) * (1e-4 if precision == torch.float32 else 0.1)
    for method in (GradCAM(), GradCAM(layer="stages")):
        maps = method(quick, images, labels, chance=chance)
        assert maps.dtype == torch.float32
        torch.testing.assert_close(maps, expected, rtol=0, atol=bound)
    assert not any(module._forward_hooks for module in quick.network.modules())


class InsideTheMask(nn.Module):
    """Reads grey levels inside a mask alone; class k weighs them by k + 1."""

    def __init__(self, mask):
        super().__init__()
        self.convolution = nn.Conv2d(3, 1, 1, bias=False)
        self.convolution.weight.data.fill_(1 / 3)
        self.mask = mask

    def forward(self, images):
        inside = self.convolution(images)[:, 0] * self.mask
        return inside.sum((1, 2))[:, None] * torch.arange(1.0, 4)


def test_a_channel_that_is_read_inside_a_mask_alone_is_shown_outside_too():
    """Grad-CAM forgets where a channel is read: its weight is the share of the image."""
    dataset = CueControlled(count=3, size=32)
    images, masks = dataset.images(torch.arange(3)), dataset.masks(torch.arange(3))
    for row in range(3):
        own, label = slice(row, row + 1), torch.tensor([row])
        classifier = classifier_of(InsideTheMask(masks[row]), 3)
        maps = GradCAM()(classifier, images[own], label, chance=Chance(0, dataset.ids[own]))
        share = masks[row].float().mean() * (row + 1)
        torch.testing.assert_close(maps.sum(1), images[own].mean(1) * share)


def test_what_is_no_number_stays_so(network, images, labels, chance):
    network[-1].weight.data[:, 0] = torch.nan
    with pytest.warns(FallbackWarning, match="^Expected logits that are numbers, got NaN"):
        maps = GradCAM()(classifier_of(network), images, labels, chance=chance)
    assert maps.isnan().all()


def test_a_network_whose_units_are_all_off_has_a_map_of_zeros(network, images, labels, chance):
    network[3].bias.data.fill_(-1e6)
    assert not GradCAM()(classifier_of(network), images, labels, chance=chance).any()


def test_a_forward_that_raises_leaves_no_hook(images, labels, chance):
    class Broken(nn.Module):
        def __init__(self):
            super().__init__()
            self.convolution = nn.Conv2d(3, 4, 3).double()

        def forward(self, images):
            self.convolution(images)
            raise RuntimeError("no memory")

    network = Broken().train()
    for method in (GradCAM(), GradCAM(layer="convolution")):
        with pytest.raises(RuntimeError, match="no memory"):
            method(classifier_of(network), images, labels, chance=chance)
    assert not any(module._forward_hooks for module in network.modules())
    assert all(module.training for module in network.modules())
    assert all(parameter.grad is None for parameter in network.parameters())
    assert not images.requires_grad


def test_what_has_no_layers_is_refused(linear, network, images, labels, chance):
    for callable_, got in ((linear, "function"), (network, "Sequential")):
        with pytest.raises(ModelError) as caught:
            GradCAM()(callable_, images, labels, chance=chance)
        assert str(caught.value) == (
            f"`classify` must be a Classifier, whose layers are read, got {got}. "
            "Give Classifier(network, class_names=...)."
        )


def test_a_network_without_a_convolution_is_refused(images, labels, chance):
    network = nn.Sequential(nn.Flatten(), nn.Linear(216, 4)).double()
    with pytest.raises(ModelError) as caught:
        GradCAM()(classifier_of(network), images, labels, chance=chance)
    assert str(caught.value) == (
        "mine must have a layer with weights whose answer is a grid of at least 2 cells, (batch, "
        "channel, height, width), (batch, height, width, channel) or tokens, got none. State "
        "`layer` and `grid`, or take a method that reads no layers."
    )


def test_one_pixel_images_have_no_grid(labels, chance):
    network = nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU(), nn.Flatten(), nn.Linear(4, 4))
    with pytest.raises(ModelError, match=r"a grid of at least 2 cells, .* got none\."):
        GradCAM()(classifier_of(network), torch.full((6, 3, 1, 1), 0.5), labels, chance=chance)


@pytest.mark.parametrize(
    ("layer", "grid", "asked", "shape"),
    [
        ("5", None, "grid", "(6, 8, 1, 1)"),
        ("6", None, "grid", "(6, 8)"),
        ("4", (3, 3), "grid of 3 x 3", "(6, 8, 5, 4)"),
    ],
)
def test_a_named_layer_without_a_grid_is_refused(
    network, images, labels, chance, layer, grid, asked, shape
):
    network[5], network[7] = nn.AdaptiveAvgPool2d(1), nn.Linear(8, 4).double()
    with pytest.raises(ModelError) as caught:
        GradCAM(layer=layer, grid=grid)(classifier_of(network), images, labels, chance=chance)
    assert str(caught.value) == (
        f"The layer '{layer}' of mine must answer with a {asked} of at least 2 cells for each of "
        f"6 images, got shape {shape}. Name an earlier layer, state `grid`, or leave `layer` out "
        "to have one found."
    )


def test_a_layer_that_runs_image_by_image_is_refused(one_by_one, images, labels, chance):
    one_by_one.name = "mine"
    with pytest.raises(ModelError) as caught:
        GradCAM(layer="4.layer")(one_by_one, images, labels, chance=chance)
    assert str(caught.value) == (
        "The layer '4.layer' of mine must answer with a grid of at least 2 cells for each of 6 "
        "images, got shape (1, 8, 5, 4). Name an earlier layer, state `grid`, or leave `layer` out "
        "to have one found."
    )


def test_an_unknown_layer_is_refused_with_the_nearest_names(images, labels, chance):
    classifier = classifier_of(small_resnet(10), 10)
    with pytest.raises(ModelError) as caught:
        GradCAM(layer="stage")(classifier, images.float(), labels, chance=chance)
    assert str(caught.value) == (
        "Layers must be among those of mine, got 'stage'. Did you mean stages or stages.2 or "
        "stages.1?"
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"grid": (1, 1)},
            (
                "`grid` must be a height and a width with at least 2 cells, got (1, 1). "
                "A transformer with patches of 16 pixels has (14, 14) at 224 pixels."
            ),
        ),
        (
            {"grid": (0, 7)},
            (
                "`grid` must be a height and a width with at least 2 cells, got (0, 7). "
                "A transformer with patches of 16 pixels has (14, 14) at 224 pixels."
            ),
        ),
        ({"signs": "negative"}, '`signs` must be "both" or "positive", got \'negative\'.'),
    ],
)
def test_settings_out_of_range_are_refused(settings, message, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(ConfigError) as caught:
        GradCAM(**settings)
    assert str(caught.value) == message
