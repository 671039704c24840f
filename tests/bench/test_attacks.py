"""The attack benchmark on a few small images, with a textbook's PGD as the peer."""

import re
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from bench import attack_subjects, attack_turns, attacks
from bench.attack_limits import measure_cost
from bench.attack_subjects import Case, Subject, classifier_of
from bench.attack_turns import measure_exact, measure_survivors
from bench.attacks import CASES, on_devices
from bench.measure import selected
from bench.memory import peak_above
from bench.peers.attack_libraries import WithNormalisation
from bench.peers.plain_loop import pgd
from cuelens import PGD, Linf
from cuelens.datasets.in_memory import InMemoryDataset
from cuelens.evaluation.forward import FastForm
from cuelens.networks import Classifier, InputSpecification
from cuelens.sources import ModelCard, build_network, save_model

RADIUS, STEP = 8 / 255, 2 / 255
CLASSES = ("ape", "bee", "cow")
CASE = Case(
    what="pgd", network="tiny", peer="torch", images=30, rounds=1
)  # a package that is there


@pytest.fixture
def subject() -> Subject:
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (30, 3, 8, 8), dtype=torch.uint8, generator=generator)
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 3))
    specification = InputSpecification(mean=(0.4, 0.5, 0.6), deviation=(0.2, 0.3, 0.25))
    classifier = Classifier(network.eval(), class_names=CLASSES, specification=specification)
    with torch.no_grad():
        network[-1].bias -= classifier(pixels / 255).mean(0)
        labels = classifier(pixels / 255).argmax(1)
    labels[:3] = (labels[:3] + 1) % 3
    ids = tuple(str(row) for row in range(30))
    dataset = InMemoryDataset(
        name="noise", class_names=CLASSES, ids=ids, labels=labels, pixels=pixels
    )
    return Subject(classifier=classifier, dataset=dataset)


def attack(*, random_start: bool, steps: int = 3) -> PGD:
    ball = Linf(radius=RADIUS)
    exact = not random_start
    return PGD(
        ball=ball, step=STEP, steps=steps, random_start=random_start, stop_when_fooled=not exact
    )


def textbook(model: nn.Module, images: Tensor, labels: Tensor, *, steps: int = 3) -> Tensor:
    """Return what every step of PGD makes, from the images themselves."""
    attacked = images
    for _ in range(steps):
        attacked = attacked.detach().requires_grad_()
        loss = nn.functional.cross_entropy(model(attacked), labels, reduction="sum")
        (gradient,) = torch.autograd.grad(loss, attacked)
        moved = attacked.detach() + STEP * gradient.sign()
        attacked = (images + (moved - images).clamp(-RADIUS, RADIUS)).clamp(0, 1)
    return attacked


def test_every_row_that_was_asked_for_is_there():
    assert [case.row for case in CASES] == [
        "pgd-linf-20/resnet2b/torchattacks",
        "pgd-linf-20/resnet2b/foolbox",
        "exact-pgd-linf-20/resnet2b/torchattacks",
        "cost-per-image/resnet2b/limit",
        "strong/resnet2b/pyautoattack",
        "strong/cifar_cnn_a_adv/pyautoattack",
        "pgd-linf-20/resnet18/torchattacks",
        "pgd-linf-20/resnet18/foolbox",
        "exact-pgd-linf-20/resnet18/torchattacks",
        "memory/resnet18/limit",
        "memory-of-one-call/resnet18/limit",
    ]


def test_rows_with_a_peer_are_measured_on_the_gpu_too():
    rows = [case.row for case in on_devices(CASES, gpu=True)]
    assert rows[: len(CASES)] == [case.row for case in CASES]
    assert rows[len(CASES)] == "pgd-linf-20/resnet2b/torchattacks/cuda"
    assert len(rows) == len(CASES) + 8
    assert on_devices(CASES, gpu=False) == CASES


def test_rows_are_selected_by_how_they_begin():
    strong = selected(CASES, ["strong/", "cost"])
    assert [case.network for case in strong] == ["resnet2b", "resnet2b", "cifar_cnn_a_adv"]
    assert selected(CASES, []) == CASES


def test_a_row_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(SystemExit) as error:
        selected(CASES[:2], ["pgd", "weak"])
    assert str(error.value) == (
        "Expected the beginning of one of these rows, got 'weak':\n"
        "pgd-linf-20/resnet2b/torchattacks\npgd-linf-20/resnet2b/foolbox"
    )


@pytest.mark.parametrize(
    ("what", "network", "calls"),
    [
        ("pgd-linf-20", "resnet2b", "measure_survivors"),
        ("strong", "resnet2b", "measure_survivors"),
        ("exact-pgd-linf-20", "resnet2b", "measure_exact"),
        ("cost-per-image", "resnet2b", "measure_cost"),
        ("memory", "resnet18", "measure_memory"),
        ("memory-of-one-call", "resnet18", "measure_memory_of_one_call"),
    ],
)
def test_each_row_is_measured_as_it_says(what, network, calls, subject, monkeypatch):
    monkeypatch.setattr(attacks, calls, lambda case, *_, **__: case)
    (case,) = [case for case in CASES if (case.what, case.network) == (what, network)][:1]
    assert attacks.measure(case, subject) is case


def test_a_row_of_survivors_says_how_many_survived_both(subject):
    peer = partial(pgd, radius=RADIUS, step=STEP, steps=3)
    row = measure_survivors(
        CASE, subject, ours=attack(random_start=True), peer=lambda *given: peer(*given)
    )
    assert (row.bench, row.row, row.unit) == ("attacks", "pgd/tiny/torch", "seconds")
    assert row.ratio == pytest.approx(row.peer / row.ours)
    assert set(row.versions) == {"python", "cuelens", "torch"}
    notes = dict(row.notes)
    assert (notes.pop("images"), notes.pop("radius")) == (30, "8/255")
    assert notes["survivors"] == round(30 * notes["robust_ours"])
    assert notes["second_look"] == 0  # a tiny network is searched in float32
    # Three images were wrong before, some break.
    assert 0 < notes["robust_ours"] < 0.9
    assert abs(notes["robust_ours"] - notes["robust_peer"]) <= 2 / 30


def test_a_row_with_a_second_look_is_also_measured_without(subject, monkeypatch):
    form = FastForm(precision=torch.bfloat16, channels_last=False, batch=30)
    monkeypatch.setattr(attack_turns, "fast_form", lambda *_: form)
    asked = []
    survivors_of_ours = attack_turns.survivors_of_ours

    def noted(attack, subject, **settings):
        asked.append(settings)
        return survivors_of_ours(attack, subject, **settings)

    monkeypatch.setattr(attack_turns, "survivors_of_ours", noted)
    ours = attack(random_start=True)
    row = measure_survivors(CASE, subject, ours=ours, peer=lambda _, images, __: images)
    assert row.notes["second_look"] == 200
    assert row.notes["ratio_without_second_look"] > 0
    assert asked == [{}] * (1 + CASE.rounds) + [{"recheck": 0}] * CASE.rounds


def test_few_survivors_of_the_trained_network_are_told(subject, capsys):
    case = replace(CASE, network="resnet18")
    strong = PGD(ball=Linf(radius=0.9), step=0.2, steps=9, stop_when_fooled=True)
    row = measure_survivors(case, subject, ours=strong, peer=lambda _, images, __: images)
    assert row.notes["robust_peer"] == 0.9
    count = row.notes["survivors"]
    assert (
        capsys.readouterr().err == f"pgd/resnet18/torch: {count} survivors are few; train longer.\n"
    )


def test_an_exact_row_says_that_the_images_are_the_same(subject):
    row = measure_exact(CASE, subject, ours=attack(random_start=False), peer=textbook)
    assert row.notes["maximum_difference"] == 0.0
    assert row.notes["robust_ours"] == row.notes["robust_peer"]


def test_an_exact_row_says_by_how_much_images_differ(subject):
    shorter = partial(textbook, steps=2)
    row = measure_exact(
        CASE, subject, ours=attack(random_start=False), peer=lambda *given: shorter(*given)
    )
    assert row.notes["maximum_difference"] == pytest.approx(STEP, abs=1e-6)


def test_the_row_of_costs_counts_the_images_ten_times_over(subject):
    case = Case(what="cost-per-image", network="tiny", peer="limit", images=30, rounds=1)
    row = measure_cost(case, subject)
    assert (row.row, row.unit, row.peer) == ("cost-per-image/tiny/limit", "times", 1.1)
    assert row.notes == {"images": 300}
    assert row.ours > 0


def test_the_peers_network_gives_the_classifiers_logits_to_the_last_bit(subject):
    with torch.no_grad():
        theirs = WithNormalisation(subject.classifier)(subject.images)
        assert torch.equal(theirs, subject.classifier(subject.images))


def test_the_first_images_are_the_first(subject):
    few = subject.first(7)
    assert torch.equal(few.images, subject.images[:7])
    assert torch.equal(few.labels, subject.labels[:7])
    assert len(subject.first(99).dataset) == 30


def test_memory_counts_the_work_and_not_what_was_prepared():
    gigabytes = peak_above(partial(bytearray, 200_000_000), bytes)
    assert 0.19 < gigabytes < 0.25


def test_the_resnet18_is_trained_where_it_is_not_there(tmp_path, monkeypatch, capsys):
    path, asked = tmp_path / "resnet18-pgd.safetensors", []

    def train(path: Path, architecture: str, recipe: object, **_: object) -> None:
        asked.append((architecture, recipe.epochs, recipe.objective.attack.ball))
        network = build_network("small-resnet", classes=3, seed=0)
        specification = InputSpecification()
        card = ModelCard(
            name="r", architecture="small-resnet", class_names=CLASSES, specification=specification
        )
        save_model(path, network, card)

    monkeypatch.setattr("cuelens.study.train_file", train)
    monkeypatch.setattr(attack_subjects, "RESNET18", path)
    monkeypatch.setattr(attack_subjects, "cifar10_folder", lambda: tmp_path)
    for _ in range(2):
        assert classifier_of("resnet18").class_names == CLASSES
    assert asked == [("resnet18", 2, Linf(radius=RADIUS))]
    assert capsys.readouterr().err == f"{path} is not there: it is trained first, 2 epochs.\n"


def test_missing_data_is_said(monkeypatch):
    monkeypatch.setattr(attack_subjects, "cifar10_folder", lambda: None)
    monkeypatch.setattr(attack_subjects, "weights_folder", lambda: None)
    with pytest.raises(SystemExit) as error:
        attack_subjects.cifar10_test(5)
    assert str(error.value) == (
        "Expected CIFAR-10: set CUELENS_DATA to the folder it was unpacked in."
    )
    with pytest.raises(SystemExit) as error:
        classifier_of("resnet2b")
    assert str(error.value) == (
        "Expected the published weights (resnet20, resnet2b, cifar_cnn_a_adv, conv_small_pgd, "
        "small_nor, small_adv, small_lpd): put their folder `weights` into the folder that "
        "CUELENS_DATA names."
    )


def test_every_package_of_the_peers_has_a_version():
    file = Path(attacks.__file__).with_name("peers") / "attacks.txt"
    lines = [line for line in file.read_text().splitlines() if not line.startswith("#")]
    assert {"foolbox", "pyautoattack", "torchattacks"} <= {line.split("==")[0] for line in lines}
    assert all(re.fullmatch(r"[\w-]+==[\d.]+", line) for line in lines)
