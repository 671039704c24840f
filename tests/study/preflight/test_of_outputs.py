"""What a network answers: every planted fault is found, and a sound one has none."""

import pytest
import torch
from torch import nn

from cuelens.networks import Classifier
from cuelens.study.preflight.of_outputs import output_findings

IMAGES = torch.rand(12, 3, 8, 8, generator=torch.Generator().manual_seed(0))


def net(*behind: nn.Module) -> nn.Sequential:
    layers = [nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 5), *behind]
    torch.manual_seed(0)
    return nn.Sequential(*layers).eval()


class Noisy(nn.Module):
    def forward(self, logits):
        return logits + torch.randn_like(logits)


class OfBatch(nn.Module):
    def forward(self, logits):
        return logits - logits.mean(0)


class Broken(nn.Module):
    def forward(self, logits):
        return logits / 0


def raised(network: nn.Module) -> list[str]:
    classifier = Classifier(network, class_names=tuple("abcde"), name="net")
    return [one.name for one in output_findings(classifier, IMAGES) if one.raised]


def test_a_sound_network_has_no_fault():
    assert raised(net()) == []


def test_logarithms_of_probabilities_are_logits():
    assert raised(net(nn.LogSoftmax(1))) == []


@pytest.mark.parametrize(
    ("network", "name"),
    [
        (net(Noisy()), "randomised-outputs"),
        (net(nn.Dropout(0.5)).train(), "train-mode"),
        (net(OfBatch()), "batch-dependent"),
        (net(nn.BatchNorm1d(5, track_running_stats=False)), "batch-dependent"),
        (net(nn.Softmax(1)), "probabilities-not-logits"),
        (net(Broken()), "not-numbers"),
    ],
)
def test_each_fault_is_found_by_its_name(network, name):
    assert raised(network) == [name]


def test_train_mode_that_changes_nothing_is_none():
    assert raised(net().train()) == []


def test_mode_statistics_and_chance_stay_as_they_were():
    network = net(nn.BatchNorm1d(5), nn.Dropout(0.5)).train()
    network[2].eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    modes = [module.training for module in network.modules()]
    state = torch.random.get_rng_state()
    assert "train-mode" in raised(network)
    assert [module.training for module in network.modules()] == modes
    assert torch.equal(torch.random.get_rng_state(), state)
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name])


def test_the_sentence_of_train_mode_names_parts_and_the_fix_is_said():
    classifier = Classifier(net(nn.Dropout(0.5)).train(), class_names=tuple("abcde"), name="net")
    (finding,) = [one for one in output_findings(classifier, IMAGES) if one.raised]
    assert finding.sentence.startswith("6 of its parts are in train mode (the network itself, 0, 1")
    assert finding.fix == (
        "Call `network.eval()` before it is wrapped or exported: batch statistics and dropout are "
        "active."
    )
    check = finding.check("net")
    assert check.sentence == f"net: {finding.sentence} {finding.fix}"
    assert (check.name, check.about, check.result) == ("train-mode", ("net",), "doubt")
