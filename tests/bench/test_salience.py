"""The benchmark of salience: captum and ours make the same maps, and its rows are right."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from bench import salience as bench_salience
from bench import salience_memory
from bench.attack_subjects import Case
from bench.measure import selected
from bench.peers.captum_smoothgrad import captum_smoothgrad, largest_difference
from bench.salience import CASES, METHOD, measure, rank_correlations
from bench.salience_subjects import Explained
from cuelens.networks import Classifier, InputSpecification
from cuelens.networks.efficientnet_lite import EfficientNetLite0
from cuelens.randomness import Chance

FEW = replace(METHOD, samples=3)
CASE = Case(what="smoothgrad-100", network="tiny", peer="captum", images=5, rounds=1)


@pytest.fixture
def subject() -> Explained:
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(3, 8, 3),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(6),
        nn.Flatten(),
        nn.Linear(288, 3),
    )
    specification = InputSpecification(mean=(0.4, 0.5, 0.6), deviation=(0.2, 0.3, 0.25))
    return Explained(
        classifier=Classifier(
            network.eval(), class_names=("ape", "bee", "cow"), specification=specification
        ),
        images=torch.rand(5, 3, 8, 8),
        labels=torch.tensor([0, 1, 2, 0, 1]),
        chance=Chance(0, tuple("abcde")),
    )


def test_every_row_that_was_asked_for_is_there():
    assert [case.row for case in CASES] == [
        "smoothgrad-100/resnet18/captum",
        "smoothgrad-100/efficientnet-lite0/captum",
        "exact-smoothgrad-100/resnet18/captum",
        "exact-smoothgrad-100/efficientnet-lite0/captum",
        "memory/rise-500/efficientnet-lite0/limit",
    ]
    assert selected(CASES, ["exact"]) == CASES[2:4]
    assert (CASES[4].images, salience_memory.MASKS, salience_memory.GIGABYTES_LIMIT) == (16, 500, 2)
    assert METHOD.samples == 100


def test_a_row_tells_its_precision_and_how_well_maps_agree(subject):
    row = measure(CASE, subject, FEW)
    assert (row.bench, row.row, row.peer_name) == ("salience", CASE.row, "captum")
    assert row.ratio == pytest.approx(row.peer / row.ours)
    assert set(row.versions) == {"python", "cuelens", "torch", "captum"}
    assert row.notes["images"] == 5
    assert row.notes["pixels"] == 8
    assert row.notes["compared"] == 4
    assert row.notes["precision"] == "float32"  # a tiny network
    assert isinstance(row.notes["bfloat16_in_hardware"], bool)
    assert 0.999 < row.notes["rank_correlation_lowest"] <= row.notes["rank_correlation"] <= 1


def test_an_exact_row_takes_the_network_as_it_was_given(subject, monkeypatch):
    monkeypatch.setattr(bench_salience, "_fast", None)
    row = measure(replace(CASE, what="exact-smoothgrad-100"), subject, FEW)
    assert row.row == "exact-smoothgrad-100/tiny/captum"
    assert row.notes["maximum_difference_in_float64"] == 0.0
    assert "rank_correlation" not in row.notes


def test_the_difference_from_captum_is_seen(subject):
    maps = FEW(subject.classifier, subject.images, subject.labels, chance=subject.chance)
    assert largest_difference(subject, maps, samples=3, noise=0.1) < 1e-6
    assert largest_difference(subject, maps + 1, samples=3, noise=0.1) == pytest.approx(1, abs=1e-5)


def test_captum_draws_its_own_noise_otherwise(subject):
    once, again = (captum_smoothgrad(subject, samples=3, noise=0.1) for _ in range(2))
    assert not torch.equal(once, again)
    assert subject.images.grad is None


def test_ranks_are_compared_map_by_map():
    maps = torch.arange(12.0).view(2, 1, 2, 3)
    others = torch.stack([maps[0] ** 3, -maps[1]])
    assert rank_correlations(maps, others) == pytest.approx([1, -1])


def test_the_first_of_a_subject_keep_what_belongs_to_them(subject):
    few = subject.first(2)
    assert torch.equal(few.images, subject.images[:2])
    assert few.labels.tolist() == [0, 1]
    assert few.chance.ids == ("a", "b")
    assert len(subject.first(99).images) == 5


def test_float64_is_a_copy(subject):
    wide = subject.double()
    assert wide.classifier(wide.images).dtype == torch.float64
    assert subject.classifier.network[0].weight.dtype == torch.float32


def test_the_network_has_the_papers_size_and_keeps_even_sides():
    network = EfficientNetLite0().eval()
    assert sum(parameter.numel() for parameter in network.parameters()) == 4_652_008
    with torch.no_grad():
        assert network(torch.zeros(1, 3, 64, 64)).shape == (1, 1000)
        assert network._blocks(torch.zeros(1, 32, 32, 32)).shape == (1, 320, 2, 2)


def test_the_memory_row_is_of_every_mask_of_every_image_in_passes_of_the_internal_batch(
    subject, monkeypatch
):
    sizes = []
    subject.classifier.network[0].register_forward_hook(
        lambda _module, inputs, _output: sizes.append(len(inputs[0]))
    )

    def in_this_process(prepare, work):
        work(prepare())
        return 0.5

    monkeypatch.setattr(salience_memory, "peak_above", in_this_process)
    monkeypatch.setattr(salience_memory, "explained_of", lambda _case: subject)
    monkeypatch.setattr(salience_memory, "MASKS", 30)
    row = measure(replace(CASE, what="memory/rise-30", peer="limit"))
    assert sizes[-3:] == [64, 64, 22]  # what is before finds the form
    assert (row.row, row.ours, row.ratio) == ("memory/rise-30/tiny/limit", 0.5, 4.0)
    assert row.unit == "gigabytes"
    assert row.notes == {"images": 5, "masks": 30, "batch_size": 64}
