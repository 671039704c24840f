"""The networks have the sizes that their docstrings state, and learn."""

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from cuelens.networks import ResNet, resnet18, small_resnet


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def multiplications(network: nn.Module) -> float:
    """Return the multiply-adds of one image of 32 x 32 pixels, each counted as two operations."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network.eval()(torch.zeros(1, 3, 32, 32))
    return counter.get_total_flops()


def test_the_small_network_has_the_size_it_states():
    assert parameters(small_resnet(10)) == 308_650
    assert multiplications(small_resnet(10)) == pytest.approx(98e6, rel=0.03)


def test_resnet18_has_the_size_it_states():
    assert parameters(resnet18(10)) == 11_173_962
    assert multiplications(resnet18(10)) == pytest.approx(1.11e9, rel=0.01)


@pytest.mark.parametrize("make", [small_resnet, resnet18])
@pytest.mark.parametrize("side", [32, 48, 64])
def test_any_resolution_gives_one_logit_a_class(make, side):
    with torch.no_grad():
        assert make(7).eval()(torch.zeros(2, 3, side, side)).shape == (2, 7)


def test_grey_images_are_possible():
    network = ResNet(classes=4, widths=(8, 16), blocks=2, channels=1)
    assert network(torch.zeros(2, 1, 16, 16)).shape == (2, 4)


def test_every_stage_but_the_first_halves_the_resolution():
    network = ResNet(classes=4, widths=(4, 8, 16), blocks=2).eval()
    sides = []
    for stage in network.stages:
        stage.register_forward_hook(lambda _, __, out: sides.append(out.shape[-1]))
    network(torch.zeros(1, 3, 32, 32))
    assert sides == [32, 32, 16, 16, 8, 8]


def test_an_image_is_treated_by_itself_in_eval_mode():
    torch.manual_seed(0)
    network = small_resnet(10).eval()
    images = torch.rand(4, 3, 32, 32)
    torch.testing.assert_close(network(images)[2:3], network(images[2:3]), rtol=1e-4, atol=1e-5)


def test_a_few_steps_learn_a_few_images_by_heart():
    torch.manual_seed(0)
    network = ResNet(classes=3, widths=(8, 16), blocks=1)
    images, labels = torch.rand(6, 3, 16, 16), torch.tensor([0, 1, 2, 0, 1, 2])
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
    for _ in range(40):
        optimiser.zero_grad()
        nn.functional.cross_entropy(network(images), labels).backward()
        optimiser.step()
    assert (network(images).argmax(1) == labels).all()
