"""What a network is asked and must answer, as a user meets it: without the tests' shape checks."""

import jaxtyping
import pytest
import torch
from torch import nn

from cuelens.errors import ArgumentError, ModelError
from cuelens.networks import Classifier, input_gradient
from cuelens.networks.asking import ask

IMAGES = torch.rand(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))
NAMES = ("bear", "bird", "boat")
NO_GRADIENT = (
    "The classifier must return logits that torch can differentiate with respect to the images, "
    "got logits that are cut from them. Take out `detach`, `no_grad` and detours through NumPy, "
    "or use what asks for logits alone: Square, Occlusion, RISE."
)


class Answering(nn.Module):
    """A linear network whose logits are handed on as `form` says."""

    def __init__(self, form) -> None:
        super().__init__()
        self.network = nn.Sequential(nn.Flatten(), nn.Linear(48, 3))
        self.form = form

    def forward(self, images):
        return self.form(self.network(images))


@pytest.fixture(autouse=True)
def _unchecked(monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)


@pytest.mark.parametrize("wrapped", [True, False], ids=["a classifier", "a module"])
@pytest.mark.parametrize(
    ("form", "kind"),
    [
        (lambda logits: (logits, logits), "a tuple of 2"),
        (lambda logits: {"logits": logits, "loss": None}, "a dict of 'logits', 'loss'"),
        (lambda logits: logits.detach().numpy(), "a value of type ndarray"),
    ],
    ids=["tuple", "dict", "array"],
)
def test_an_answer_that_is_no_tensor_is_refused(form, kind, wrapped):
    network = Answering(form)
    with pytest.raises(ModelError) as caught:
        ask(Classifier(network, class_names=NAMES) if wrapped else network, IMAGES)
    assert str(caught.value) == (
        f"The classifier must return logits, one tensor of shape (batch, class), got {kind}. Wrap "
        "the network in one whose `forward` returns the logits alone."
    )


@pytest.mark.parametrize("wrapped", [True, False], ids=["a classifier", "a module"])
def test_float64_images_are_refused_by_a_network_of_float32_alone(wrapped):
    network = Answering(lambda logits: logits)
    classify = Classifier(network, class_names=NAMES) if wrapped else network
    with pytest.raises(ArgumentError) as caught:
        ask(classify, IMAGES.double())
    assert str(caught.value) == (
        "`images` must be float32 for a network of float32 weights, got float64. Give "
        "`images.float()`, or the network in float64, `network.double()`."
    )
    network.double()
    assert ask(classify, IMAGES.double()).dtype == torch.float64


@pytest.mark.parametrize("precision", [torch.float16, torch.bfloat16])
def test_images_of_half_precision_are_refused_by_a_network_of_float32(precision):
    classify = Classifier(Answering(lambda logits: logits), class_names=NAMES)
    with pytest.raises(ArgumentError) as caught:
        ask(classify, IMAGES.to(precision))
    got = {torch.float16: "float16", torch.bfloat16: "bfloat16"}[precision]
    assert str(caught.value) == (
        f"`images` must be float32 for a network of float32 weights, got {got}. Give "
        "`images.float()`."
    )


def test_a_fault_of_the_network_stays_what_it_is():
    def fails(_images):
        raise RuntimeError("no memory")

    for images in (IMAGES, IMAGES.double()):
        with pytest.raises(RuntimeError, match=r"^no memory$"):
            ask(fails, images)


@pytest.mark.parametrize(
    "cut",
    [lambda network: network(IMAGES), lambda network: network(IMAGES).detach()],
    ids=["of other images", "detached"],
)
def test_a_gradient_that_does_not_reach_the_images_is_refused(cut):
    network = Answering(lambda logits: logits)
    with pytest.raises(ModelError) as caught:
        input_gradient(lambda _images: cut(network).sum(1), IMAGES)
    assert str(caught.value) == NO_GRADIENT
