"""The fast path is the same function, made cheaper; the classifier given stays as it was."""

import pytest
import torch
from torch import Tensor, nn

from cuelens.networks import (
    Classifier,
    FastPath,
    InputSpecification,
    bfloat16_is_fast,
    fast,
    input_gradient,
    resnet18,
    small_resnet,
)
from cuelens.randomness import Chance

IMAGES = Chance(0, tuple("abcdefgh")).uniform((3, 32, 32), method="test")
NAMES = tuple("0123456789")
SPECIFICATION = InputSpecification(mean=(0.5, 0.4, 0.3), deviation=(0.2, 0.3, 0.25))


def settled(network: nn.Module, seed: int = 0) -> nn.Module:
    """Return the network with weights and batch statistics as after training."""
    generator = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.copy_(torch.randn(module.num_features, generator=generator) * 0.2)
            module.running_var.copy_(torch.rand(module.num_features, generator=generator) + 0.5)
            module.weight.data = torch.rand(module.num_features, generator=generator) + 0.5
            module.bias.data = torch.randn(module.num_features, generator=generator) * 0.2
        elif isinstance(module, nn.Conv2d | nn.Linear):
            spread = module.weight[0].numel() ** -0.5
            module.weight.data = torch.randn(module.weight.shape, generator=generator) * spread
    return network.eval()


def classifier_of(network: nn.Module) -> Classifier:
    return Classifier(network, class_names=NAMES, specification=SPECIFICATION, name="mine")


class NormFirst(nn.Module):
    """Registers the norm behind the convolution but uses it before."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(3, 3, 3, padding=1)
        self.norm = nn.BatchNorm2d(3)
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(48, 10))

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.convolution(self.norm(images)))


class NormAfterRelu(NormFirst):
    """Registers the norm behind the convolution but uses it behind the activation."""

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.norm(self.convolution(images).relu()))


NETWORKS = {
    "small": lambda: small_resnet(10),
    "resnet18": lambda: resnet18(10),
    "norm first": NormFirst,
    "norm after relu": NormAfterRelu,
}
every_network = pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)


@every_network
def test_in_single_precision_only_rounding_differs(make):
    original = classifier_of(settled(make()))
    quick = fast(original, precision=torch.float32)
    torch.testing.assert_close(quick(IMAGES), original(IMAGES), rtol=1e-4, atol=1e-4)


@every_network
def test_in_bfloat16_the_answers_hardly_differ(make):
    original = classifier_of(settled(make()))
    logits, exact = fast(original, precision=torch.bfloat16)(IMAGES), original(IMAGES)
    assert logits.dtype == torch.float32
    assert (logits - exact).norm() < 0.05 * exact.norm()


@every_network
def test_it_follows_the_weights_while_they_are_trained(make):
    network = make()
    path = FastPath(classifier_of(network), precision=torch.float32)
    settled(network, seed=1)
    path.refresh()
    original = classifier_of(network)
    torch.testing.assert_close(path.classifier(IMAGES), original(IMAGES), rtol=1e-4, atol=1e-4)


def test_it_changes_only_when_refreshed():
    network = settled(small_resnet(10))
    path = FastPath(classifier_of(network), precision=torch.float32)
    before = path.classifier(IMAGES)
    settled(network, seed=1)
    assert torch.equal(path.classifier(IMAGES), before)
    path.refresh()
    assert not torch.equal(path.classifier(IMAGES), before)


def test_gradients_are_those_of_the_original():
    original = classifier_of(settled(small_resnet(10)))
    quick = fast(original, precision=torch.float32)
    exact = input_gradient(lambda images: original(images)[:, 3], IMAGES)
    torch.testing.assert_close(
        input_gradient(lambda images: quick(images)[:, 3], IMAGES), exact, rtol=1e-3, atol=1e-5
    )


def test_gradients_reach_the_pixels_in_single_precision_through_bfloat16():
    original = classifier_of(settled(small_resnet(10)))
    quick = fast(original, precision=torch.bfloat16)
    gradient = input_gradient(lambda images: quick(images)[:, 3], IMAGES)
    exact = input_gradient(lambda images: original(images)[:, 3], IMAGES)
    assert gradient.dtype == torch.float32
    assert (gradient.sign() == exact.sign()).float().mean() > 0.9


def test_no_batch_norm_is_left_where_folding_is_right():
    quick = fast(classifier_of(settled(resnet18(10))), precision=torch.float32)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in quick.network.modules())


def test_batch_norm_stays_where_folding_would_be_wrong():
    quick = fast(classifier_of(settled(NormFirst())), precision=torch.float32)
    assert any(isinstance(module, nn.BatchNorm2d) for module in quick.network.modules())


def test_a_network_of_a_size_that_nobody_stated_keeps_its_batch_norm():
    layers = [nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4 * 14 * 14, 10)]
    original = classifier_of(settled(nn.Sequential(*layers)))
    images = IMAGES[:, :, :16, :16]
    copy = fast(original, precision=torch.float32)
    assert any(isinstance(module, nn.BatchNorm2d) for module in copy.network.modules())
    assert torch.allclose(copy(images), original(images), atol=1e-5)


def test_it_is_frozen_in_eval_mode_and_keeps_its_name():
    quick = fast(classifier_of(small_resnet(10).train()))
    assert not any(parameter.requires_grad for parameter in quick.network.parameters())
    assert not any(module.training for module in quick.network.modules())
    assert (quick.name, quick.class_names, quick.specification) == ("mine", NAMES, SPECIFICATION)


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16], ids=str)
def test_the_classifier_given_is_left_alone(precision):
    network = small_resnet(10).train()
    network.norm.eval()
    original = classifier_of(network)
    before = original.fingerprint()
    modes = [module.training for module in network.modules()]
    path = FastPath(original, precision=precision)
    path.classifier(IMAGES)
    path.refresh()
    assert original.fingerprint() == before
    assert [module.training for module in network.modules()] == modes
    assert all(parameter.requires_grad for parameter in network.parameters())
    assert all(parameter.grad is None for parameter in network.parameters())


def test_the_global_random_state_is_left_alone():
    original = classifier_of(small_resnet(10))
    state = torch.get_rng_state()
    fast(original)
    assert torch.equal(torch.get_rng_state(), state)


def test_the_precision_is_the_one_that_the_machine_is_fast_at():
    expected = torch.bfloat16 if bfloat16_is_fast(torch.device("cpu")) else torch.float32
    path = FastPath(classifier_of(small_resnet(10)))
    assert path.precision == expected
    assert {parameter.dtype for parameter in path.classifier.network.parameters()} == {expected}


def test_an_unknown_device_is_not_taken_to_be_fast():
    assert not bfloat16_is_fast(torch.device("meta"))
