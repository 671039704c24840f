"""What every data set promises, checked for every one that is exported."""

import inspect
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image

from cuelens import datasets
from cuelens.datasets import (
    Cifar10,
    ConflictSelection,
    CueConflictFolder,
    CueControlled,
    CueDataset,
    CueSelection,
    Dataset,
    Framing,
    ImageFolder,
    InMemoryDataset,
    MaskedDataset,
    NamedImages,
    SourcedDataset,
    TinyImageNet,
    grouped_images,
    mapped_images,
    match_classes,
    open_images,
)
from cuelens.networks import ClassGroups


def in_memory(pixels: torch.Tensor) -> InMemoryDataset:
    return InMemoryDataset(
        name="made",
        class_names=("even", "odd"),
        ids=tuple(f"made/{row}" for row in range(len(pixels))),
        labels=torch.arange(len(pixels)) % 2,
        pixels=pixels,
    )


def some_pixels() -> torch.Tensor:
    return (torch.arange(6 * 3 * 4 * 5) * 37 % 256).to(torch.uint8).reshape(6, 3, 4, 5)


def conflict(folder: Path) -> CueConflictFolder:
    """Return a folder of cue-conflict images of two classes, made of other pictures."""
    place = folder.with_name("conflict")
    for shape, texture in (("ape", "bee"), ("bee", "ape"), ("ape", "ape")):
        (place / shape).mkdir(parents=True, exist_ok=True)
        for number in range(2):
            content = (folder / shape / f"{number}.png").read_bytes()
            (place / shape / f"{shape}{number}-{texture}7.png").write_bytes(content)
    return CueConflictFolder(place, size=24)


def tiny(folder: Path) -> Path:
    """Return a folder of two classes of Tiny ImageNet with four training images each."""
    place = folder / "tiny-imagenet-200"
    for label, name in enumerate(("n02", "n01")):
        images = place / "train" / name / "images"
        if not images.is_dir():
            images.mkdir(parents=True)
            for row, pixels in enumerate(some_pixels()[label::2].repeat(2, 1, 1, 1)[:4]):
                shown = pixels.permute(1, 2, 0).numpy()
                Image.fromarray(shown).resize((64, 64)).save(images / f"{name}_{row}.JPEG")
    (place / "wnids.txt").write_text("n02\nn01\n")
    return folder


ONE_EACH = {"second": (1,), "first": (0,)}
GROUPS = ClassGroups(name="two", classes=10, members={"many": (9, 0, 1, 2, 3), "few": (4, 6)})

MAKERS: dict[str, Callable[[Path], Dataset]] = {
    "ConflictSelection": lambda folder: conflict(folder).take(
        torch.tensor([4, 0, 3, 1]), name="some"
    ),
    "CueConflictFolder": conflict,
    "CueControlled": lambda _: CueControlled(count=30),
    "CueControlled large": lambda _: CueControlled(count=2_000, size=224),
    "CueControlled conflict": lambda _: CueControlled(count=30, conflict=True, split="test"),
    "CueSelection": lambda _: CueControlled(count=60).take(torch.arange(9, 50), name="some"),
    "EncodedImages": lambda folder: (
        open_images(str(folder), framing=Framing(size=24), limit=5).dataset
    ),
    "GroupedCues": lambda _: grouped_images(CueControlled(count=30), GROUPS),
    "GroupedImages": lambda folder: grouped_images(
        ImageFolder(folder, size=24), ClassGroups(name="two", classes=2, members=ONE_EACH)
    ),
    "ImageFolder": lambda folder: ImageFolder(folder, size=24),
    "InMemoryDataset": lambda _: in_memory(some_pixels()),
    "MappedImages": lambda folder: mapped_images(
        ImageFolder(folder, size=24), match_classes(("ape", "bee"), ("cow", "bee", "ape"))
    ),
    "NamedImages": lambda folder: NamedImages.at([folder], class_names=("ape", "bee"), size=24),
    "TinyImageNet": lambda folder: TinyImageNet(tiny(folder.parent), validation=2),
    "Selection": lambda folder: ImageFolder(folder, size=24).take(
        torch.tensor([5, 1, 2]), name="some"
    ),
}
NOT_RENDERED = ("Cifar10", "Cifar100")  # read from the publishers' files: their own tests


@pytest.fixture(params=MAKERS)
def make(request, image_folder) -> Callable[[], Dataset]:
    return lambda: MAKERS[request.param](image_folder)


@pytest.fixture
def dataset(make) -> Dataset:
    return make()


def keeps_the_contract(dataset: Dataset) -> None:
    """Check what must hold for any data set; its first rows stand for the others."""
    count = min(len(dataset), 6)
    rows = torch.arange(count)
    images = dataset.images(rows)
    assert images.dtype == torch.float32
    assert images.shape[:2] == (count, 3)
    assert images.amin() >= 0
    assert images.amax() <= 1
    assert len(dataset.ids) == len(set(dataset.ids)) == len(dataset.labels) == len(dataset)
    assert dataset.labels.dtype == torch.int64
    assert dataset.labels.min() >= 0
    assert dataset.labels.max() < len(dataset.class_names)
    assert len(dataset.fingerprint) == 32
    assert set(dataset.fingerprint) <= set("0123456789abcdef")
    backwards = rows.flip(0)
    assert torch.equal(dataset.images(backwards), images[backwards])
    for row in range(count):
        assert torch.equal(dataset.images(torch.tensor([row]))[0], images[row])
    assert torch.equal(dataset.images(torch.tensor([1, 1])), images[[1, 1]])
    assert len(dataset.images(torch.zeros(0, dtype=torch.long))) == 0

    taken = dataset.take(torch.tensor([2, 0]), name="two")
    assert isinstance(taken, Dataset)
    assert taken.name == "two"
    assert taken.class_names == dataset.class_names
    assert taken.ids == (dataset.ids[2], dataset.ids[0])
    assert torch.equal(taken.labels, dataset.labels[[2, 0]])
    assert torch.equal(taken.images(torch.tensor([1, 0])), images[[0, 2]])
    assert taken.fingerprint != dataset.fingerprint
    again = taken.take(torch.tensor([1]), name="one")
    assert again.ids == (dataset.ids[0],)
    assert torch.equal(again.images(torch.tensor([0])), images[:1])
    everything = dataset.take(torch.arange(len(dataset)), name="all")
    assert everything.fingerprint == dataset.fingerprint


def test_every_exported_data_set_is_under_contract():
    exported = {
        name
        for name in datasets.__all__
        if inspect.isclass(getattr(datasets, name))
        and hasattr(getattr(datasets, name), "take")
        and name not in ("CueDataset", "Dataset", "Listing", "MaskedDataset", "SourcedDataset")
    }
    assert {name.split()[0] for name in MAKERS} | set(NOT_RENDERED) == exported


def test_keeps_the_contract(dataset):
    assert isinstance(dataset, Dataset)
    keeps_the_contract(dataset)


@pytest.mark.data
def test_cifar10_keeps_the_contract(cifar10_folder):
    keeps_the_contract(Cifar10(cifar10_folder, split="test"))


def test_made_twice_is_the_same(make):
    first, second = make(), make()
    rows = torch.arange(3)
    assert first.fingerprint == second.fingerprint
    assert first.ids == second.ids
    assert torch.equal(first.images(rows), second.images(rows))


def test_images_are_new_each_time(dataset):
    rows = torch.arange(2)
    images = dataset.images(rows)
    before = images.clone()
    images.zero_()
    assert torch.equal(dataset.images(rows), before)


def test_global_chance_is_left_alone(make):
    torch.manual_seed(3)
    before = torch.get_rng_state()
    make().images(torch.arange(2))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("kind", [CueControlled, CueSelection])
def test_cue_data_sets_know_cues_and_masks(kind):
    dataset = CueControlled(count=40)
    if kind is CueSelection:
        dataset = dataset.take(torch.arange(40).flip(0), name="backwards")
    assert isinstance(dataset, MaskedDataset)
    assert not isinstance(dataset, SourcedDataset)
    assert set(dataset.cues) == {"shape", "texture", "colour"}
    assert set(dataset.cue_names) == set(dataset.cues)
    for cue, labels in dataset.cues.items():
        assert len(labels) == len(dataset)
        assert len(dataset.cue_names[cue]) == 10
    masks = dataset.masks(torch.tensor([7, 3]))
    assert masks.dtype == torch.bool
    assert torch.equal(masks[1:], dataset.masks(torch.tensor([3])))
    taken = dataset.take(torch.tensor([7, 3]), name="two")
    assert torch.equal(taken.masks(torch.arange(2)), masks)
    assert torch.equal(taken.cues["texture"], dataset.cues["texture"][[7, 3]])


@pytest.mark.parametrize("kind", [CueConflictFolder, ConflictSelection])
def test_conflict_images_know_cues_and_sources_but_no_masks(kind, image_folder):
    dataset = conflict(image_folder)
    if kind is ConflictSelection:
        dataset = dataset.take(torch.arange(6), name="all")
    assert isinstance(dataset, SourcedDataset)
    assert isinstance(dataset, CueDataset)
    assert not isinstance(dataset, MaskedDataset)
    taken = dataset.take(torch.tensor([5, 1]), name="two")
    assert isinstance(taken, SourcedDataset)
    for cue in ("shape", "texture"):
        assert torch.equal(taken.cues[cue], dataset.cues[cue][[5, 1]])
        assert taken.sources[cue] == (dataset.sources[cue][5], dataset.sources[cue][1])


@pytest.mark.parametrize("name", ["ImageFolder", "InMemoryDataset", "Selection"])
def test_other_data_sets_have_no_cues(name, image_folder):
    assert not isinstance(MAKERS[name](image_folder), CueDataset)


def test_fingerprint_in_memory_changes_with_pixels_labels_and_ids_only():
    pixels = some_pixels()
    made = in_memory(pixels)
    other = pixels.clone()
    other[3, 0, 0, 0] += 1
    assert in_memory(other).fingerprint != made.fingerprint

    def changed(**fields: object) -> InMemoryDataset:
        settings = {"name": made.name, "class_names": made.class_names, "ids": made.ids}
        settings |= {"labels": made.labels, "pixels": made.pixels, **fields}
        return InMemoryDataset(**settings)

    assert changed(labels=made.labels.flip(0)).fingerprint != made.fingerprint
    assert changed(ids=made.ids[::-1]).fingerprint != made.fingerprint
    assert changed(pixels=pixels.reshape(6, 3, 5, 4)).fingerprint != made.fingerprint
    assert changed(name="other", class_names=("a", "b")).fingerprint == made.fingerprint


def test_fingerprint_of_a_folder_changes_with_its_files_only(image_folder):
    def fingerprint(size: int = 24) -> str:
        return ImageFolder(image_folder, size=size).fingerprint

    before = fingerprint()
    (image_folder / "notes.txt").write_text("left out")
    (image_folder / "ape" / ".hidden.png").write_bytes(b"")
    assert fingerprint() == before
    assert fingerprint(25) != before
    content = (image_folder / "ape" / "0.png").read_bytes()
    (image_folder / "ape" / "0.png").write_bytes((image_folder / "ape" / "1.png").read_bytes())
    assert fingerprint() != before
    (image_folder / "ape" / "0.png").write_bytes(content)
    assert fingerprint() == before


BASE = CueControlled(count=20)
CONFLICT = CueControlled(count=20, conflict=True)


@pytest.mark.parametrize(
    "other",
    [
        CueControlled(count=20, seed=1),
        CueControlled(count=20, split="test"),
        CueControlled(count=20, size=33),
        CueControlled(count=20, texture_contrast=0.08),
        CueControlled(count=20, figure_contrast=0.31),
        CueControlled(count=20, predictive=("shape",)),
        CueControlled(count=20, cue_strength=0.1),
        CueControlled(count=21),
        CONFLICT,
    ],
    ids=repr,
)
def test_fingerprint_of_rendered_images_changes_with_them(other):
    assert other.fingerprint != BASE.fingerprint
    rows = torch.arange(20)
    assert len(other) != 20 or not torch.equal(other.images(rows), BASE.images(rows))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (BASE, CueControlled(count=20, predictive=("texture", "shape"))),
        (CONFLICT, CueControlled(count=20, conflict=True, predictive=("colour",))),
        (CONFLICT, CueControlled(count=20, conflict=True, cue_strength=0.2)),
        (BASE, CueControlled(count=50).take(torch.arange(20), name="first")),
    ],
)
def test_fingerprint_of_rendered_images_changes_with_nothing_else(one, other):
    assert other.fingerprint == one.fingerprint
    rows = torch.arange(20)
    assert torch.equal(other.images(rows), one.images(rows))
