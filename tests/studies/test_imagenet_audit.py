"""The script of the audit of an ImageNet network: its conditions, and what it pairs."""

import importlib.util
from pathlib import Path

import pytest

from cuelens.evaluation import FAMILIES, Condition
from cuelens.networks import IMAGENET_16

SCRIPT = Path(__file__).parents[2] / "studies" / "imagenet_audit.py"


@pytest.fixture(scope="module")
def script():
    specification = importlib.util.spec_from_file_location("imagenet_audit_study", SCRIPT)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_every_family_is_there_that_needs_neither_masks_nor_weights(script):
    found = {one.family for one in script.every_condition()}
    left = {"clean", "silhouette", "adain", "adain-control"}
    assert set(FAMILIES) - found <= left | {"stylised", "self-styled"}  # these are an extra
    assert not found & left


def test_cycles_per_image_are_those_of_32_pixels_times_seven(script):
    levels: dict[str, list[float]] = {}
    for one in script.every_condition():
        assert isinstance(one, Condition)
        levels.setdefault(one.family, []).append(one.level)
    assert levels["low-pass"] == [7 * level for level in FAMILIES["low-pass"].levels]
    assert levels["band-pass"] == [14.0, 28.0, 56.0, 112.0]
    assert levels["saturation"] == list(FAMILIES["saturation"].levels)


def test_photographs_of_the_16_classes_are_put_into_their_folders(script, tmp_path):
    photographs = tmp_path / "photographs"
    photographs.mkdir()
    cat, car = IMAGENET_16.members["cat"][0], IMAGENET_16.members["car"][0]
    for name in (f"{cat:04d}_n0_cat.jpg", f"{car:04d}_n1_car.jpg", "0000_n01440764_tench.jpg"):
        (photographs / name).write_bytes(name.encode())
    folder = script.in_groups(photographs, tmp_path / "groups")
    found = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.jpg"))
    assert found == [f"car/{car:04d}_n1_car.jpg", f"cat/{cat:04d}_n0_cat.jpg"]
    assert (folder / found[1]).read_bytes() == f"{cat:04d}_n0_cat.jpg".encode()
