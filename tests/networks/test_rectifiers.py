"""Where ReLUs are in autograd's graph, in every form, and what is refused."""

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from cuelens.errors import ModelError
from cuelens.networks import Classifier, fast, resnet18, small_resnet
from cuelens.networks.rectifiers import rectifiers


def found(function, shape=(2, 3, 4, 4)):
    leaf = torch.linspace(-1, 7, 96).reshape(shape).requires_grad_()
    return rectifiers(function(leaf).flatten(1), leaf)


FORMS = {
    "module": nn.ReLU(),
    "module in place": lambda x: nn.ReLU(inplace=True)(x * 1),
    "function": functional.relu,
    "function in place": lambda x: functional.relu(x * 1, inplace=True),
    "method": torch.Tensor.relu,
    "method in place": lambda x: (x * 1).relu_(),
    "torch": torch.relu,
    "clamp": lambda x: x.clamp(min=0),
    "clamp_min": lambda x: x.clamp_min(0),
    "threshold": lambda x: functional.threshold(x, 0, 0),
    "ReLU6": nn.ReLU6(),
    "relu6": functional.relu6,
    "checkpoint without re-entrance": lambda x: checkpoint(torch.relu, x, use_reentrant=False),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_form_of_relu_is_found(form):
    assert len(found(form)) == 1
    assert len(found(lambda x: form(form(x) - 1))) == 2


def test_what_is_found_are_the_relus_of_a_network_each_once():
    leaf = torch.rand(2, 3, 32, 32, requires_grad=True)
    assert len(rectifiers(resnet18(10).eval()(leaf), leaf)) == 1 + 8 * 2


def test_the_fast_form_of_a_network_has_the_same_relus():
    strided = nn.Sequential(
        nn.Conv2d(3, 8, 2, 2), nn.ReLU(), nn.Conv2d(8, 8, 3), nn.ReLU(), nn.Flatten()
    )
    for network, classes, count in ((small_resnet(10), 10, 7), (strided, 8 * 14 * 14, 2)):
        classifier = fast(Classifier(network, class_names=tuple(map(str, range(classes)))))
        leaf = torch.rand(2, 3, 32, 32, requires_grad=True)
        assert len(rectifiers(classifier(leaf), leaf)) == count


def test_only_what_images_go_through_counts():
    gate = nn.Parameter(torch.ones(()))
    assert len(found(lambda x: x.relu() * gate.sigmoid().relu())) == 1


def test_a_linear_network_and_a_constant_one_have_none():
    assert found(lambda x: x * 2 + 1) == []
    leaf = torch.zeros(2, 3, 4, 4, requires_grad=True)
    assert rectifiers(torch.zeros(2, 5), leaf) == []


class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, gradient):
        return gradient * 2 * ctx.saved_tensors[0]


class Doubled(Square):
    is_linear = True


def in_part(x):
    features = x * 1
    features[:, :2].relu_()
    return features


REFUSED = {
    "Gelu": nn.GELU(),
    "Silu": nn.SiLU(),
    "LeakyRelu": nn.LeakyReLU(),
    "PreluKernel": nn.PReLU(),
    "Elu": nn.SELU(),
    "Celu": nn.CELU(),
    "Hardswish": nn.Hardswish(),
    "Hardsigmoid": nn.Hardsigmoid(),
    "Hardtanh": nn.Hardtanh(),
    "Softplus": nn.Softplus(),
    "Mish": nn.Mish(),
    "Sigmoid": nn.Sigmoid(),
    "Tanh": nn.Tanh(),
    "LogSigmoid": nn.LogSigmoid(),
    "RreluWithNoise": nn.RReLU(),
    "Glu": nn.GLU(),
    "Softshrink": nn.Softshrink(),
    "Hardshrink": nn.Hardshrink(),
    "Abs": nn.Softsign(),
    "Erf": torch.erf,
    "Maximum": lambda x: torch.maximum(x, x.new_zeros(())),
    "Minimum": lambda x: torch.minimum(x, x.new_zeros(())),
    "Where": lambda x: torch.where(x > 0, x, 0),
    "Clamp": lambda x: x.clamp(0, 6),
    "ClampMin": lambda x: x.clamp_min(-1),
    "ClampMax": lambda x: x.clamp_max(6),
    "Threshold": lambda x: functional.threshold(x, 1, 0),
    "Square, which cannot be seen into": Square.apply,
    "CheckpointFunction, which cannot be seen into": lambda x: checkpoint(
        torch.relu, x, use_reentrant=True
    ),
    "CopySlices, which cannot be seen into": in_part,
}


@pytest.mark.parametrize(("got", "function"), REFUSED.items(), ids=REFUSED)
def test_other_activations_and_hidden_parts_are_refused(got, function):
    with pytest.raises(ModelError) as caught:
        found(function)
    assert str(caught.value) == (
        "The network must have no activation function but ReLU and ReLU6 (the rule for their "
        f"gradients has no meaning elsewhere), got {got}. Explain it by its gradient or by "
        "SmoothGrad."
    )


def test_a_function_of_ones_own_that_says_it_is_linear_is_passed():
    assert found(Doubled.apply) == []
