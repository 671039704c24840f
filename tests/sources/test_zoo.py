"""Networks that come with cuelens have names, and files where the names say."""

import os
import shutil
from pathlib import Path

import pytest

from cuelens.errors import ModelError
from cuelens.sources import address_name, is_address, load_model, open_model, zoo
from cuelens.sources.model_file import read_card
from cuelens.sources.zoo import model_path, shipped_file, zoo_names

NAME = "cuelens://cifar10/pgd-linf-8/0"
FILES = sorted(
    file
    for folder in (zoo.WEIGHTS, Path("studies"))
    for file in folder.glob("*/*.safetensors")
)  # fmt: skip

UNNUMBERED = {"tiny-imagenet": 3_000_000}
"""Studies whose networks spare others their training, and the bytes that each may have."""


def test_a_name_gives_the_network_that_its_card_names():
    classifier, card = load_model(NAME)
    assert (card.name, card.training_seed) == ("pgd-linf-8-0", 0)
    assert "radius=0.03137254901960784" in card.recipe  # 8/255
    assert len(classifier.class_names) == 10
    assert not classifier.network.training


def test_a_name_that_went_through_a_path_is_still_one():
    assert model_path(Path(NAME)) == model_path(NAME) == shipped_file("cifar10", "pgd-linf-8-0")


def test_a_file_is_its_own_place(tmp_path):
    assert model_path(tmp_path / "a.safetensors") == tmp_path / "a.safetensors"
    assert shipped_file("cifar10", "nobody") is None


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_is_shipped_is_small_half_and_named_by_its_seed(file):
    card = read_card(file)
    assert file.stem == card.name
    assert file.stem.endswith(f"-{card.training_seed}") or file.parent.name in UNNUMBERED
    assert file.stat().st_size <= UNNUMBERED.get(file.parent.name, 1_000_000)
    assert card.training["weights"] == "best"
    page = file.with_suffix(".md").read_text(encoding="utf-8")
    assert page.startswith(f"# {card.name}\n")


def test_seed_0_lies_in_the_package_and_the_rest_beside_the_study():
    assert FILES
    for file in FILES:
        assert (file.is_relative_to(zoo.WEIGHTS)) == file.stem.endswith("-0")


def test_networks_that_are_not_numbered_have_no_address():
    assert not [name for name in zoo_names() for study in UNNUMBERED if f"//{study}/" in name]


@pytest.fixture
def alone(tmp_path, monkeypatch) -> Path:
    """The package as it is installed, outside any checkout, with one network in it."""
    weights = tmp_path / "site-packages" / "cuelens" / "sources" / "weights"
    (weights / "cifar10").mkdir(parents=True)
    shutil.copy(shipped_file("cifar10", "pgd-linf-8-0"), weights / "cifar10")
    monkeypatch.setattr(zoo, "WEIGHTS", weights)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("cuelens://cifar10/pgd-linf-8/1", " Did you mean cuelens://cifar10/pgd-linf-8/0?"),
        ("cuelens://cifar10/pgd-linf-8-0", " Did you mean cuelens://cifar10/pgd-linf-8/0?"),
        ("cuelens://else", ""),
    ],
)
def test_a_name_that_is_not_there_is_refused_with_those_that_are(alone, name, hint):
    for place in (name, Path(name)):
        with pytest.raises(ModelError) as error:
            load_model(place)
        assert str(error.value) == (
            "Expected a network that comes with cuelens, cuelens://STUDY/RECIPE/SEED, got "
            f"{name}. There are cuelens://cifar10/pgd-linf-8/0; training seeds other than 0 lie in "
            f"the folder `studies` of the repository alone.{hint}"
        )


def test_further_seeds_are_found_where_the_studies_are(alone):
    beside = alone / "studies" / "cifar10"
    beside.mkdir(parents=True)
    os.link(shipped_file("cifar10", "pgd-linf-8-0"), beside / "pgd-linf-8-11.safetensors")
    (beside / "notes.safetensors").touch()
    assert zoo_names() == tuple(f"cuelens://cifar10/pgd-linf-8/{seed}" for seed in (0, 11))
    assert load_model("cuelens://cifar10/pgd-linf-8/11")[1].name == "pgd-linf-8-0"


def test_a_name_is_an_address_as_any_other():
    assert is_address(NAME)
    assert address_name(NAME) == "pgd-linf-8-0"
    found = open_model(NAME)
    assert found.classifier.name == "pgd-linf-8-0"
    assert found.provenance.training_seed == 0
