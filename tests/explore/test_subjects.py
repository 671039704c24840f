from pathlib import Path

import pytest
import torch
from PIL import Image

from cuelens.datasets import Cifar10
from cuelens.errors import ConfigError, MissingDataError
from cuelens.explore import Subjects, pictures_in, rendered_pictures, shipped_models
from cuelens.networks.classifier import Classifier


def test_a_demo_run_comes_before_the_networks_that_come_with_cuelens(tmp_path: Path) -> None:
    assert shipped_models(tmp_path) == (
        "cuelens://cifar10/standard/0",
        "cuelens://cifar10/pgd-linf-8/0",
    )
    demo = tmp_path / "cuelens-demo" / "models"
    demo.mkdir(parents=True)
    for name in ("standard", "adversarial", "underfit"):
        (demo / f"{name}.safetensors").touch()
    found = [Path(address).stem for address in shipped_models(tmp_path)]
    assert found == ["standard", "adversarial"]


def test_a_standard_network_stands_beside_an_adversarial_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = tuple(f"cuelens://cifar10/{name}/0" for name in ("fgsm-8", "pgd-linf-8", "standard"))
    monkeypatch.setattr("cuelens.explore.shipped.zoo_names", lambda: names)
    assert shipped_models(tmp_path) == (names[2], names[1])


def test_where_nothing_is_at_hand_the_message_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cuelens.explore.shipped.zoo_names", tuple)
    with pytest.raises(MissingDataError) as caught:
        shipped_models(tmp_path)
    assert str(caught.value) == (
        "Expected model files, got none named, and none at hand: neither a demo run "
        f"(`{tmp_path / 'cuelens-demo'}`) nor networks that come with cuelens. Run `cuelens demo` "
        "first, or name a file of `cuelens train`."
    )


def test_pictures_of_a_folder_are_spread_over_it_and_labelled_by_their_folders(
    tmp_path: Path,
) -> None:
    for number in range(60):
        folder = tmp_path / ("cat" if number % 2 else "other")
        folder.mkdir(exist_ok=True)
        Image.new("RGB", (20, 10), (number, 0, 0)).save(folder / f"{number:02}.png")
    (tmp_path / "notes.txt").write_text("no picture")
    found = pictures_in(tmp_path, class_names=("cat", "dog"), side=16)
    assert len(found) == 20
    assert {one.label for one in found} == {"cat", None}
    assert found[0].name == "cat/01.png"
    assert found[0].images.shape == (1, 3, 16, 16)


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match=r"^Expected images .* got none\. Name another"):
        pictures_in(tmp_path, class_names=("cat",), side=16)


@pytest.mark.data
def test_cifar10_as_it_is_published_gives_test_images(cifar10_folder: Path) -> None:
    classes = Cifar10(cifar10_folder, split="test").class_names
    found = pictures_in(cifar10_folder, class_names=classes, side=32)
    assert len(found) == 24
    assert found[0].label == "cat"
    assert found[0].images.shape == (1, 3, 32, 32)


def test_rendered_pictures_are_of_every_class_and_some_in_conflict() -> None:
    found = rendered_pictures(16)
    assert len(found) == 18
    assert len({one.label for one in found[:10]}) == 10
    assert all(one.images.shape == (1, 3, 32, 32) for one in found)
    assert len({one.name for one in found}) == 18


def test_a_page_shows_one_to_eight_models(subjects: Subjects) -> None:
    one: Classifier = next(iter(subjects.given.values()))
    assert Subjects.of({"a": one}).side == 16
    for count in (0, 9):
        with pytest.raises(ConfigError) as caught:
            Subjects.of({str(number): one for number in range(count)})
        assert str(caught.value) == (
            f"`cuelens explore` shows 1 to 8 models, got {count}. "
            "Name those that you want to see side by side."
        )


def test_models_that_are_made_fast_leave_the_given_ones_as_they_were(subjects: Subjects) -> None:
    given = subjects.given["left"]
    before = [value.clone() for value in given.network.state_dict().values()]
    images = torch.rand(2, 3, 16, 16)
    assert torch.allclose(given(images), subjects.fast["left"](images), atol=1e-5)
    after = list(given.network.state_dict().values())
    assert all(torch.equal(*pair) for pair in zip(before, after, strict=True))
