"""captum's own methods under the contract: equal to captum, repeatable, nothing left behind."""

import builtins
import copy

import captum.attr
import pytest
import torch
from torch import nn

from cuelens.errors import ConfigError, ModelError
from cuelens.networks.classifier import Classifier, InputSpecification
from cuelens.salience import (
    Captum,
    ConstantColour,
    Gradient,
    IntegratedGradients,
    Score,
    UniformNoise,
)
from cuelens.salience.captum_classes import captum_class

SPECIFICATION = InputSpecification(mean=(0.5, 0.4, 0.3), deviation=(0.2, 0.3, 0.25))


@pytest.fixture
def normalising(network):
    return Classifier(network, class_names=tuple("abcd"), specification=SPECIFICATION)


def test_integrated_gradients_are_the_ones_here(normalising, images, labels, chance):
    theirs = Captum(attribution="IntegratedGradients", settings={"n_steps": 20})
    ours = IntegratedGradients(steps=20, score=Score.LOGIT)
    torch.testing.assert_close(
        theirs(normalising, images, labels, chance=chance),
        ours(normalising, images, labels, chance=chance),
        rtol=1e-6,
        atol=1e-9,
    )


@pytest.mark.parametrize("score", list(Score))
def test_every_score_can_be_explained(score, network, images, labels, chance):
    method = Captum(attribution="Saliency", settings={"abs": False}, score=score)
    expected = Gradient(score=score)(network, images, labels, chance=chance)
    maps = method(network, images, labels, chance=chance)
    torch.testing.assert_close(maps, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    ("attribution", "settings", "baseline"),
    [
        ("DeepLift", {}, 0.5),
        ("DeepLift", {"multiply_by_inputs": False}, None),
        ("Occlusion", {"sliding_window_shapes": (3, 3, 2), "strides": (3, 2, 2)}, 0.25),
        ("InputXGradient", {}, None),
        ("GuidedBackprop", {}, None),
    ],
)
def test_each_is_captums_own(attribution, settings, baseline, network, images, labels, chance):
    constructor = {n: v for n, v in settings.items() if n == "multiply_by_inputs"}
    arguments = {n: v for n, v in settings.items() if n not in constructor}
    if baseline is not None:
        arguments["baselines"] = baseline
    reference = getattr(captum.attr, attribution)(copy.deepcopy(network), **constructor)
    rows = []
    for row in range(6):
        leaf = images[row, None].clone().requires_grad_()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("warnings.warn", lambda *_, **__: None)  # captum tells of its hooks
            rows.append(reference.attribute(leaf, target=int(labels[row]), **arguments).detach())
    method = Captum(
        attribution=attribution,
        settings=settings,
        baseline=None if baseline is None else ConstantColour(value=baseline),
    )
    maps = method(network, images, labels, chance=chance)
    single = torch.cat(rows).dtype == torch.float32  # what captum's occlusion always returns
    torch.testing.assert_close(
        maps, torch.cat(rows).double(), rtol=0, atol=1e-6 if single else 1e-15
    )


def test_deep_lift_of_a_linear_model_is_weight_times_difference(weights, images, labels, chance):
    network = nn.Sequential(nn.Flatten(), nn.Linear(216, 4, bias=False)).double()
    network[1].weight.data = weights
    method = Captum(attribution="DeepLift", baseline=ConstantColour(value=0.5))
    maps = method(network, images, labels, chance=chance)
    expected = weights[labels].view_as(images) * (images - 0.5)
    torch.testing.assert_close(maps, expected)


def test_layer_wise_relevance_leaves_the_weights_as_they_were(images, labels, chance):
    """captum's LRP changes weights and hooks layers; where the forward raises, it leaves both."""

    class Flat(nn.Sequential):
        def forward(self, batch: torch.Tensor) -> torch.Tensor:
            return super().forward(batch.flatten(1))

    network = Flat(nn.Linear(216, 8), nn.ReLU(), nn.Linear(8, 4)).double().eval()
    before = copy.deepcopy(network.state_dict())
    maps = Captum(attribution="LRP")(network, images, labels, chance=chance)
    logits = network(images).gather(1, labels[:, None])[:, 0].detach()
    assert maps.shape == images.shape
    assert maps.abs().sum() > 0
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    for module in network.modules():
        assert not hasattr(module, "rule")
        assert not module._forward_hooks
        assert not module._forward_pre_hooks
    without_bias = copy.deepcopy(network)
    for layer in (without_bias[0], without_bias[2]):
        layer.bias.data.zero_()
    maps = Captum(attribution="LRP")(without_bias, images, labels, chance=chance)
    logits = without_bias(images).gather(1, labels[:, None])[:, 0].detach()
    torch.testing.assert_close(maps.sum((1, 2, 3)), logits, rtol=1e-6, atol=1e-6)


RANDOM = (
    Captum(attribution="GradientShap", settings={"n_samples": 4}, baseline=UniformNoise()),
    Captum(attribution="ShapleyValueSampling", settings={"n_samples": 1}),
)


@pytest.mark.parametrize("method", RANDOM, ids=lambda method: method.attribution)
def test_what_draws_by_chance_draws_by_the_images_id(method, network, chance):
    small = torch.rand(3, 3, 4, 4, generator=torch.Generator().manual_seed(0)).double()
    network[5] = nn.AdaptiveAvgPool2d(2)
    labels, own = torch.tensor([0, 1, 2]), chance.take([0, 1, 2])
    maps = method(network, small, labels, chance=own)
    torch.manual_seed(99)
    order = [2, 0]
    again = method(network, small[order], labels[order], chance=own.take(order))
    assert torch.equal(again, maps[order])
    others = method(network, small, labels, chance=chance.take([3, 4, 5]))
    assert not torch.equal(others, maps)


def test_guided_grad_cam_takes_a_layer_by_name(network, images, labels, chance):
    method = Captum(attribution="GuidedGradCam", layer="3")
    own = copy.deepcopy(network)
    reference = captum.attr.GuidedGradCam(own, own[3])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("warnings.warn", lambda *_, **__: None)
        leaf = images[:1].clone().requires_grad_()
        expected = reference.attribute(leaf, target=int(labels[0])).detach()
    maps = method(network, images[:1], labels[:1], chance=chance.take([0]))
    torch.testing.assert_close(maps, expected, rtol=0, atol=1e-15)


def test_a_layer_that_is_not_there_is_refused_with_the_nearest(network, images, labels, chance):
    named = nn.Sequential()
    for place, layer in enumerate(network):
        named.add_module(f"layer{place}", layer)
    method = Captum(attribution="GuidedGradCam", layer="lyer3")
    with pytest.raises(ModelError) as caught:
        method(named, images, labels, chance=chance)
    assert str(caught.value) == (
        "Layers must be among those of the network, got 'lyer3'. "
        "Did you mean layer3 or layer7 or layer6?"
    )


def test_a_method_that_reads_layers_refuses_a_plain_function(linear, images, labels, chance):
    with pytest.raises(ModelError) as caught:
        Captum(attribution="DeepLift")(linear, images, labels, chance=chance)
    assert str(caught.value) == (
        "DeepLift goes through the layers of a network, expected a Classifier or a torch module, "
        "got function. Wrap the network in a Classifier."
    )


def test_one_that_needs_answers_alone_takes_a_plain_function(
    linear, weights, images, labels, chance
):
    method = Captum(attribution="Saliency", settings={"abs": False})
    maps = method(linear, images, labels, chance=chance)
    torch.testing.assert_close(maps, weights[labels].view_as(images))


def test_what_is_no_map_of_the_image_is_refused(network, images, labels, chance, monkeypatch):
    method = Captum(attribution="Saliency")
    monkeypatch.setattr(captum.attr.Saliency, "attribute", lambda _, pixels, **__: pixels[:, 0])
    with pytest.raises(ModelError) as caught:
        method(network, images, labels, chance=chance)
    assert str(caught.value) == (
        "Saliency must return one number a pixel and channel, shape (1, 3, 9, 8), got (1, 9, 8). "
        "Correct its settings."
    )


def test_every_method_that_makes_a_map_of_one_class_is_there():
    with pytest.raises(ConfigError) as caught:
        Captum(attribution="DeepLiff")
    assert str(caught.value) == (
        "`attribution` must be one of captum's Deconvolution, DeepLift, DeepLiftShap, "
        "FeatureAblation, GradientShap, GuidedBackprop, GuidedGradCam, InputXGradient, "
        "IntegratedGradients, KernelShap, LRP, Lime, Occlusion, Saliency, ShapleyValueSampling, "
        "ShapleyValues, got 'DeepLiff'. Did you mean DeepLift?"
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"attribution": "Saliency", "settings": {"absolute": False, "n": 3}},
            (
                "`settings` of Saliency must be some of abs, got absolute, n. "
                "Correct the names, or leave them out."
            ),
        ),
        (
            {"attribution": "Saliency", "layer": "3"},
            "`layer` must be None for Saliency, got '3'.",
        ),
        (
            {"attribution": "GuidedGradCam"},
            "`layer` must name a layer for GuidedGradCam, got None.",
        ),
        (
            {"attribution": "Saliency", "baseline": ConstantColour(value=0)},
            (
                "`baseline` must be None for Saliency, which compares with none, got "
                "ConstantColour(value=0)."
            ),
        ),
        (
            {"attribution": "DeepLift", "score": Score.PROBABILITY},
            (
                "`score` must be Score.LOGIT for DeepLift, which goes through the layers of a "
                "network back from its logits, got Score.PROBABILITY."
            ),
        ),
    ],
)
def test_what_does_not_fit_is_refused(given, message):
    with pytest.raises(ConfigError) as caught:
        Captum(**given)
    assert str(caught.value) == message


def test_without_captum_the_remedy_is_said(monkeypatch):
    import_module = builtins.__import__

    def missing(name: str, *rest: object) -> object:
        if name.startswith("captum"):
            raise ModuleNotFoundError(name)
        return import_module(name, *rest)

    captum_class.cache_clear()
    monkeypatch.setattr("cuelens.salience.captum_classes.import_module", missing)
    with pytest.raises(ModelError) as caught:
        Captum(attribution="Saliency")
    assert str(caught.value) == (
        "`Captum` needs the package captum, which is not installed. "
        "Install it: pip install 'cuelens[captum]'."
    )


def test_settings_are_kept_as_they_were_given():
    settings = {"abs": False}
    method = Captum(attribution="Saliency", settings=settings)
    settings["abs"] = True
    assert method.settings == {"abs": False}
    assert method != Captum(attribution="Saliency", settings={"abs": True})


class Reusing(nn.Module):
    """A network whose one ReLU runs twice; it fails by itself where `fails` is set."""

    def __init__(self, fails: bool) -> None:
        super().__init__()
        self.first, self.second = nn.LazyLinear(5), nn.Linear(5, 4)
        self.relu, self.fails = nn.ReLU(), fails

    def forward(self, images):
        if self.fails:
            raise RuntimeError("no memory")
        return self.relu(self.second(self.relu(self.first(images.flatten(1)))))


def test_a_network_that_captum_cannot_go_through_is_refused_in_words(images, labels, chance):
    network = Reusing(fails=False).to(images.dtype)
    network(images)
    method = Captum(attribution="DeepLift")
    with pytest.raises(ModelError) as caught:
        method(network.eval(), images, labels, chance=chance)
    message = str(caught.value)
    assert message.startswith(
        "DeepLift needs a network whose layers are modules that captum has a rule for, each run "
        "once, got one of which captum says: A Module ReLU() was detected that does not contain "
    )
    assert message.endswith(
        " Explain it by its gradient, SmoothGrad or integrated gradients, which any network will "
        "do for."
    )


def test_what_the_network_itself_raises_stays_what_it_is(images, labels, chance):
    network = Reusing(fails=False).to(images.dtype)
    network(images)
    network.fails = True
    with pytest.raises(RuntimeError, match=r"^no memory$"):
        Captum(attribution="DeepLift")(network.eval(), images, labels, chance=chance)
