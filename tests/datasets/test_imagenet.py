"""ImageNet in class folders, flat with a file of labels, and named by itself."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.io import savemat
from tests.datasets.conftest import picture

from cuelens.datasets import Problem, open_images
from cuelens.datasets.imagenet import imagenet
from cuelens.datasets.roots import root_at
from cuelens.errors import DataError, MissingDataError

FISH, SHARK, BIRD = "n01440764", "n01484850", "n01530575"


def validation(folder: Path, count: int = 3) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(1, count + 1):
        picture(number).save(folder / f"ILSVRC2012_val_{number:08d}.JPEG")
    return folder


def listed(folder: Path, **settings: str):
    return imagenet(root_at(str(folder)), **settings)


@pytest.mark.parametrize("inside", [".", "val", "ILSVRC/Data/CLS-LOC/val"])
def test_class_folders_are_known_by_their_wordnet_ids(tmp_path, inside):
    for key, name in enumerate((SHARK, FISH)):
        (tmp_path / inside / name).mkdir(parents=True)
        picture(key).save(tmp_path / inside / name / "1.JPEG")
    found = listed(tmp_path)
    assert found.recognised == f"ImageNet in class folders in `{tmp_path / inside}`"
    assert found.class_names == found.wordnet_ids == (FISH, SHARK)
    assert list(found.ids) == [f"{FISH}/1.JPEG", f"{SHARK}/1.JPEG"]


LABELS = {
    "LOC_val_solution.csv": (
        "ImageId,PredictionString\n"
        f"ILSVRC2012_val_00000002,{FISH} 1 2 3 4 {FISH} 5 6 7 8\n"
        f"ILSVRC2012_val_00000001,{SHARK} 1 2 3 4\n"
        f"ILSVRC2012_val_00000003,{FISH} 1 2 3 4\n"
    ),
    "val.txt": (
        f"ILSVRC2012_val_00000001.JPEG {SHARK}\n"
        f"ILSVRC2012_val_00000002.JPEG {FISH}\n"
        f"ILSVRC2012_val_00000003.JPEG {FISH}\n"
    ),
    "labels.txt": f"{SHARK}\n{FISH}\n{FISH}\n",
}  # fmt: skip


@pytest.mark.parametrize("name", LABELS)
def test_flat_images_are_labelled_by_every_kind_of_file(tmp_path, name):
    (validation(tmp_path) / name).write_text(LABELS[name])
    found = listed(tmp_path)
    assert found.recognised == (f"ImageNet's validation images in `{tmp_path}`, labelled by {name}")
    assert found.class_names == found.wordnet_ids == (FISH, SHARK)
    assert found.labels.tolist() == [1, 0, 0]
    assert [problem.path for problem in found.problems] == [name]


def test_flat_images_are_labelled_by_indices(tmp_path):
    lines = "val/ILSVRC2012_val_00000001.JPEG 65\nval/ILSVRC2012_val_00000003.JPEG 9\n"
    (validation(tmp_path / "val").parent / "val.txt").write_text(lines)
    found = listed(tmp_path)
    assert found.class_names == ("9", "65")
    assert found.indices == (9, 65)
    assert found.wordnet_ids == ()
    assert found.labels.tolist() == [1, 0]
    assert found.problems == (
        Problem(path="ILSVRC2012_val_00000002.JPEG", reason="val.txt has no class for it"),
    )


def test_the_publishers_numbers_need_the_publishers_table(tmp_path):
    name = "ILSVRC2012_validation_ground_truth.txt"
    (validation(tmp_path) / name).write_text("2\n1\n2\n")
    with pytest.raises(DataError) as error:
        listed(tmp_path)
    assert str(error.value) == (
        f"`{name}` counts classes in the publisher's own order, which is not that of the WordNet "
        "ids nor of any network. Put the publisher's meta.mat beside it, or give a file with file "
        "names and WordNet ids."
    )
    kinds = [("ILSVRC2012_ID", "f8"), ("WNID", "O"), ("words", "O")]
    table = np.array([(1, SHARK, "shark"), (2, FISH, "tench"), (3, BIRD, "bird")], dtype=kinds)
    content = io.BytesIO()
    savemat(content, {"synsets": table})
    (tmp_path / "meta.mat").write_bytes(content.getvalue())
    found = listed(tmp_path)
    assert [found.class_names[label] for label in found.labels] == [FISH, SHARK, FISH]


def test_flat_images_without_labels_are_refused(tmp_path):
    validation(tmp_path)
    with pytest.raises(MissingDataError) as error:
        listed(tmp_path)
    assert str(error.value) == (
        f"`{tmp_path}` holds ImageNet's validation images without class folders, so their classes "
        "must come from a file: LOC_val_solution.csv, or lines of file name and WordNet id or "
        "index, or one WordNet id a line. Put it there as val.txt, or name it: "
        f"`imagenet:{tmp_path}?labels=FILE`."
    )


def test_a_file_of_labels_is_named_by_its_path(tmp_path):
    (tmp_path / "mine.txt").write_text(LABELS["labels.txt"])
    found = listed(validation(tmp_path / "val"), labels=str(tmp_path / "mine.txt"))
    assert found.labels.tolist() == [1, 0, 0]
    with pytest.raises(MissingDataError) as error:
        listed(tmp_path, labels="other.txt")
    assert str(error.value) == (
        "Expected the classes of ImageNet's images in `other.txt`, but there is no such file. "
        "Correct `labels`."
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "ILSVRC2012_val_00000001.JPEG 1000\n",
            (
                "`val.txt` must count classes from 0 to 999, in the order of the WordNet ids, got "
                "1000. If it counts from 1, take 1 from each number."
            ),
        ),
        (
            "ILSVRC2012_val_00000001.JPEG tench\n",
            (
                "`val.txt` must hold lines of a file name and its WordNet id or index (0 to "
                "999), or "
                "one WordNet id a line, or be LOC_val_solution.csv, got 'tench'. Give another "
                "file of "
                "labels."
            ),
        ),
        (
            f"other.JPEG {FISH}\n",
            (
                "`val.txt` must tell the classes of the images in `FOLDER`, got none of them "
                "among its "
                "1. Give another file of labels."
            ),
        ),
    ],
)
def test_a_file_of_labels_that_does_not_fit_is_refused(tmp_path, content, message):
    (validation(tmp_path) / "val.txt").write_text(content)
    with pytest.raises(DataError) as error:
        listed(tmp_path)
    assert str(error.value) == message.replace("FOLDER", str(tmp_path))


def test_files_named_by_index_wordnet_id_and_name(tmp_path):
    for key, name in enumerate((f"0010_{BIRD}_brambling.jpg", f"0000_{FISH}_old_tench.jpg")):
        picture(key).save(tmp_path / name)
    (tmp_path / "notes.png").touch()
    found = listed(tmp_path)
    assert found.class_names == ("old tench", "brambling")
    assert (found.wordnet_ids, found.indices) == ((FISH, BIRD), (0, 10))
    assert found.labels.tolist() == [0, 1]
    assert [problem.path for problem in found.problems] == ["notes.png"]
    picture(1).save(tmp_path / f"0010_{SHARK}_shark.jpg")
    with pytest.raises(DataError, match="begin with the same index must go on with the same"):
        listed(tmp_path)


def test_other_folders_are_none(image_folder):
    assert listed(image_folder) is None


@pytest.mark.data
def test_the_real_photographs_tell_their_classes():
    place = Path(os.environ.get("CUELENS_DATA", "nowhere")) / "imagenet-dev200"
    if not place.is_dir():
        pytest.skip("needs ImageNet photographs: set CUELENS_DATA to the folder of imagenet-dev200")
    found = open_images(str(place))
    assert len(found.dataset) == 200
    assert found.problems == ()
    assert found.indices == tuple(range(0, 1000, 5))
    assert found.dataset.class_names[1] == "electric ray"
    assert torch.equal(found.dataset.labels, torch.arange(200))
