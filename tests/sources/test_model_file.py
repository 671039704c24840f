"""A model file gives back the network that was written, or says why it cannot."""

import errno
import json
import os
import pickle
import shutil
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from cuelens.errors import ModelError, StorageError
from cuelens.networks import Classifier, InputSpecification
from cuelens.randomness import Chance
from cuelens.sources import ModelCard, build_network, load_model, save_model
from cuelens.sources.model_file import read_card

IMAGES = Chance(0, tuple("abcd")).uniform((3, 16, 16), method="test")
CARD = ModelCard(
    name="standard",
    architecture="small-resnet",
    class_names=("ant", "bee", "naïve </b>"),
    specification=InputSpecification(mean=(0.1, 1 / 3, 0.5), deviation=(0.2, 0.25, 1e-3)),
    recipe="Recipe(epochs=6)",
    training_seed=7,
    training={"seconds": 12.25, "validation_accuracy": 1 / 3, "history": [{"epoch": 1.0}]},
)
REMEDY = (
    "Give a file that `cuelens train` wrote; in Python any network works as a `Classifier` "
    '(README, "Your own model").'
)


@pytest.fixture
def network() -> nn.Module:
    """A network in train mode and channels-last, whose statistics are not the first ones."""
    made = build_network("small-resnet", classes=3, seed=5).to(memory_format=torch.channels_last)
    with torch.no_grad():
        made.train()(IMAGES)
    return made


@pytest.fixture
def file(network, tmp_path) -> Path:
    path = tmp_path / "models" / "standard.safetensors"
    save_model(path, network, CARD)
    return path


def message(path: Path) -> str:
    with pytest.raises(ModelError) as caught:
        load_model(path)
    return str(caught.value)


def test_the_same_network_comes_back_bit_for_bit(network, file):
    written = Classifier(
        network, class_names=CARD.class_names, specification=CARD.specification, name="standard"
    )
    read, _ = load_model(file)
    for name, value in network.state_dict().items():
        assert torch.equal(read.network.state_dict()[name], value)
    assert read.fingerprint() == written.fingerprint()
    network.eval().to(memory_format=torch.contiguous_format)
    with torch.no_grad():
        assert torch.equal(read(IMAGES), written(IMAGES))


def test_the_card_comes_back(file):
    classifier, card = load_model(file)
    assert card == CARD
    assert classifier.name == "standard"
    assert classifier.class_names == CARD.class_names
    assert classifier.specification == CARD.specification


def test_a_card_of_the_least_comes_back(network, tmp_path):
    card = ModelCard(
        name="x",
        architecture="small-resnet",
        class_names=("a", "b", "c"),
        specification=InputSpecification(height=32, width=48),
    )
    save_model(tmp_path / "x.safetensors", network, card)
    assert load_model(tmp_path / "x.safetensors")[1] == card


def test_a_low_pass_front_end_comes_back(network, tmp_path):
    specification = replace(CARD.specification, low_pass=5.5)
    card = replace(CARD, specification=specification)
    path = tmp_path / "behind.safetensors"
    save_model(path, network, card)
    classifier, found = load_model(path)
    assert found == card
    assert classifier.specification.low_pass == 5.5


def test_a_crop_comes_back_and_is_not_written_where_there_is_none(network, tmp_path):
    specification = InputSpecification(
        height=16, width=16, crop=0.875, interpolation="bicubic", fit="square"
    )
    path = tmp_path / "cropped.safetensors"
    save_model(path, network, replace(CARD, specification=specification))
    assert load_model(path)[0].specification == specification
    save_model(path, network, CARD)
    with safe_open(path, framework="pt") as opened:
        assert "crop" not in json.loads(opened.metadata()["card"])["specification"]


def test_a_card_from_before_there_were_front_ends_is_read(file):
    card = asdict(CARD)
    del card["specification"]["low_pass"]
    rewrite(file, card=card)
    assert load_model(file)[1] == CARD


def test_half_precision_rounds_every_weight_and_comes_back_as_float32(network, tmp_path):
    path = tmp_path / "half.safetensors"
    save_model(path, network, CARD, half=True)
    read, card = load_model(path)
    assert card == CARD
    for name, value in network.state_dict().items():
        found = read.network.state_dict()[name]
        assert found.dtype == value.dtype
        rounded = value.half().float() if value.is_floating_point() else value
        assert torch.equal(found, rounded)


def test_a_small_network_in_half_precision_takes_less_than_a_megabyte(network, tmp_path):
    path = tmp_path / "half.safetensors"
    save_model(path, network, CARD, half=True)
    assert path.stat().st_size < 700_000


def test_a_number_that_half_precision_cannot_hold_is_refused(network, tmp_path):
    with torch.no_grad():
        network.norm.running_var[3] = 1e5
    path = tmp_path / "half.safetensors"
    with pytest.raises(ModelError) as caught:
        save_model(path, network, CARD, half=True)
    assert str(caught.value) == (
        "`norm.running_var` must fit into half precision (at most 65,504), got 100000. Write the "
        "file in full precision."
    )
    assert not path.exists()


def test_it_comes_back_in_eval_mode(file):
    classifier, _ = load_model(file)
    assert not any(layer.training for layer in classifier.network.modules())


def test_writing_leaves_the_network_as_it_was(network, tmp_path):
    before = {name: value.clone() for name, value in network.state_dict().items()}
    save_model(tmp_path / "x.safetensors", network, CARD)
    assert network.training
    assert network.conv.weight.is_contiguous(memory_format=torch.channels_last)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_it_survives_that_its_file_is_overwritten_in_place(file):
    classifier, _ = load_model(file)
    before = classifier.fingerprint()
    file.write_bytes(b"\xff" * file.stat().st_size)
    assert classifier.fingerprint() == before


def test_reading_leaves_the_global_random_state_alone(file):
    state = torch.get_rng_state()
    load_model(file)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("place", ["absent.safetensors", "."])
def test_no_file_is_refused(tmp_path, place):
    path = tmp_path / place
    assert message(path) == (
        f"Expected a model file at {path}, got nothing there. Train one with `cuelens train`, or "
        "check the path."
    )


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda content: content[:-1000], "incomplete metadata, file not fully covered"),
        (lambda content: content[:100], "invalid header length"),
        (lambda content: b"", "header too small"),
        (lambda content: b"\xff" * len(content), "header too large"),
    ],
    ids=["truncated", "header cut", "empty", "garbage"],
)
def test_a_torn_file_is_refused(file, damage, reason):
    file.write_bytes(damage(file.read_bytes()))
    assert message(file) == (
        f"Expected a whole safetensors file at {file}, got one that cannot be read (Error while "
        f"deserializing header: {reason}). Copy it again, or train it again."
    )


@pytest.mark.parametrize("metadata", [None, {"format": "pt"}, {"format": "cuelens-model-2"}])
def test_another_format_is_refused(tmp_path, metadata):
    path = tmp_path / "other.safetensors"
    save_file({"weight": torch.zeros(2)}, path, metadata=metadata)
    assert message(path) == (
        f"Expected a model file of cuelens (format cuelens-model-1) at {path}, got format "
        f"{(metadata or {}).get('format')!r}. {REMEDY}"
    )


class Evil:
    """Makes a file when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self):
        return os.mkdir, (str(self.target),)


@pytest.mark.parametrize(
    ("write", "kind"),
    [
        (torch.save, "a zip archive, as torch.save writes it"),
        (
            partial(torch.save, _use_new_zipfile_serialization=False),
            "a pickle, as older versions of torch wrote it",
        ),
        (
            lambda o, p: p.write_bytes(pickle.dumps(o)),
            "a pickle, as older versions of torch wrote it",
        ),
    ],
    ids=["torch", "older torch", "pickle"],
)
def test_a_file_of_another_kind_is_named_and_runs_no_code(tmp_path, write, kind):
    path, target = tmp_path / "evil.pth", tmp_path / "ran"
    write(Evil(target), path)
    assert message(path) == f"Expected a model file of cuelens at {path}, got {kind}. {REMEDY}"
    assert not target.exists()


def test_a_torn_file_whose_header_is_as_long_as_a_pickle_begins_is_torn(tmp_path):
    path = tmp_path / "torn.safetensors"
    path.write_bytes((0x0280).to_bytes(8, "little") + b'{"weight":')
    assert message(path).startswith(
        f"Expected a whole safetensors file at {path}, got one that cannot be read ("
    )


def rewrite(file: Path, *, card: object = None, **tensors: torch.Tensor | None) -> None:
    """Write a model file again with another card, and some tensors replaced or left out."""
    with safe_open(file, framework="pt") as opened:
        metadata = opened.metadata()
        kept = {name: opened.get_tensor(name).clone() for name in opened.keys()}  # noqa: SIM118
    kept |= {name.replace("__", "."): value for name, value in tensors.items()}
    if card is not None:
        metadata["card"] = card if isinstance(card, str) else json.dumps(card)
    save_file({n: v for n, v in kept.items() if v is not None}, file, metadata=metadata)


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        ("{", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ('"text"', "'str' object has no attribute 'pop'"),
        ({}, "'specification'"),
        (
            {"specification": {"mean": [0.5], "deviation": [0.0]}, "class_names": []},
            "`deviation` must be positive, got (0.0,).",
        ),
        ({"specification": asdict(CARD.specification)}, "'class_names'"),
    ],
    ids=["no json", "no mapping", "empty", "wrong numbers", "no classes"],
)
def test_a_card_that_cannot_be_read_is_refused(file, card, reason):
    rewrite(file, card=card)
    assert message(file) == (
        f"Expected a card of the network in {file}, got one that cannot be read ({reason}). Copy "
        "the file again, or train it again."
    )


def test_a_card_with_a_field_of_a_later_version_is_refused(file):
    rewrite(file, card=asdict(CARD) | {"weather": "fine"})
    found = message(file)
    assert found.startswith(f"Expected a card of the network in {file}, got one that cannot be ")
    assert "unexpected keyword argument 'weather'" in found


def test_a_network_of_another_version_is_refused(file):
    rewrite(file, card=asdict(replace(CARD, architecture="resnet99")))
    assert message(file) == (
        "Expected one of the networks small-resnet, resnet10-64, resnet18, resnet18-224, "
        f"efficientnet-lite0 in {file}, got 'resnet99'. Read it with the version of cuelens that "
        "wrote it."
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"norm__weight": None}, "'norm.weight' of shape None instead of (32,)"),
        ({"norm__extra": torch.zeros(2)}, "'norm.extra' of shape (2,) instead of None"),
        (
            {"classify__weight": torch.zeros(4, 128)},
            "'classify.weight' of shape (4, 128) instead of (3, 128)",
        ),
    ],
    ids=["missing", "too many", "of another shape"],
)
def test_weights_that_do_not_fit_the_card_are_refused(file, change, reason):
    rewrite(file, **change)
    assert message(file) == (
        f"Expected the weights of a small-resnet with 3 classes in {file}, got {reason}. Copy the "
        "file again, or train it again."
    )


def test_a_full_disk_keeps_the_earlier_file(network, file, monkeypatch):
    kept = file.read_bytes()

    def full(self, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(9, 8, 1234))
    with pytest.raises(StorageError) as caught:
        save_model(file, network, CARD)
    assert str(caught.value) == (
        f"Writing `{file}` needs {len(kept):,} bytes, got a full disk with 1,234 bytes free. Free "
        "some space and run the same command again: nothing already written is lost, and it goes "
        "on where it was."
    )
    assert file.read_bytes() == kept
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_card_is_read_without_its_weights(file, tmp_path):
    assert read_card(file) == CARD
    with pytest.raises(ModelError) as caught:
        read_card(tmp_path / "none.safetensors")
    assert str(caught.value).startswith(f"Expected a model file at {tmp_path / 'none.safetensors'}")
    other = tmp_path / "other.safetensors"
    save_file({"weight": torch.zeros(2)}, other)
    assert message(other) == f"{_message_of_card(other)}"


def _message_of_card(path: Path) -> str:
    with pytest.raises(ModelError) as caught:
        read_card(path)
    return str(caught.value)
