"""The networks have the sizes that their docstrings state, and learn."""

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from cuelens.networks import ResNet, resnet10_64, resnet18, resnet18_224, small_resnet


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def multiplications(network: nn.Module, side: int = 32) -> float:
    """Return the multiply-adds of one square image, each counted as two operations."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network.eval()(torch.zeros(1, 3, side, side))
    return counter.get_total_flops()


def test_the_small_network_has_the_size_it_states():
    assert parameters(small_resnet(10)) == 308_650
    assert multiplications(small_resnet(10)) == pytest.approx(98e6, rel=0.03)


def test_resnet18_has_the_size_it_states():
    assert parameters(resnet18(10)) == 11_173_962
    assert multiplications(resnet18(10)) == pytest.approx(1.11e9, rel=0.01)


def test_the_network_for_64_px_has_the_size_it_states():
    assert parameters(resnet10_64(200)) == 1_264_352
    assert multiplications(resnet10_64(200), side=64) == pytest.approx(108e6, rel=0.01)


def test_resnet18_for_large_images_is_the_published_one():
    """11,689,512 parameters with 1,000 classes, 1.8 billion multiply-adds."""
    assert parameters(resnet18_224(1000)) == 11_689_512
    assert multiplications(resnet18_224(1000), side=224) == pytest.approx(3.63e9, rel=0.01)


@pytest.mark.parametrize("make", [small_resnet, resnet10_64, resnet18, resnet18_224])
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


def test_the_large_stem_quarters_the_resolution_first():
    sides = []
    network = resnet18_224(4).eval()
    for stage in network.stages[::2]:
        stage.register_forward_hook(lambda _, __, out: sides.append(out.shape[-1]))
    network(torch.zeros(1, 3, 128, 128))
    assert sides == [32, 16, 8, 4]


def test_the_middle_stem_halves_the_resolution_first():
    sides = []
    network = resnet10_64(4).eval()
    for stage in network.stages:
        stage.register_forward_hook(lambda _, __, out: sides.append(out.shape[-1]))
    network(torch.zeros(1, 3, 64, 64))
    assert sides == [32, 16, 8, 4]


def test_a_network_of_the_small_stem_is_described_as_before():
    """Fingerprints come from this text."""
    assert str(small_resnet(3)).startswith(
        "ResNet(\n  (conv): Conv2d(3, 32, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), "
        "bias=False)\n  (norm): BatchNorm2d("
    )
    assert "reduce" not in str(small_resnet(3))


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
