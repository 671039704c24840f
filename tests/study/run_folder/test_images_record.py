"""Records belong to the images that they were made of; what has changed of them is named."""

from dataclasses import dataclass, replace

import pytest
import torch

from cuelens.errors import RunFolderError
from cuelens.study import run_study
from cuelens.study.images.data import StudyData
from cuelens.study.plan.plan import plan_of
from cuelens.study.run_folder.images_record import require_same_images


@dataclass(frozen=True, kw_only=True)
class Images:
    """A data set by what it says of itself."""

    ids: tuple[str, ...] = ("a", "b", "c", "d")
    own: tuple[int, ...] = (0, 1, 0, 1)
    digests: tuple[str, ...] = ("1", "2", "3", "4")
    class_names: tuple[str, ...] = ("ant", "bee")
    name: str = "planted"

    @property
    def labels(self):
        return torch.tensor(self.own)

    @property
    def fingerprint(self):
        return repr(self)

    def __len__(self):
        return len(self.ids)

    def images(self, rows):
        raise AssertionError("no image should be read")

    def take(self, rows, *, name):
        raise NotImplementedError


def data_of(test):
    return StudyData(training=test, validation=test, test=test, conflict=None, distributable=True)


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"ids": ("a", "b", "c", "e")}, "1 image more (e); 1 image fewer (d)"),
        (
            {"ids": (), "own": (), "digests": ()},
            "4 images fewer (a, b, c, ...)",
        ),
        ({"own": (1, 1, 0, 0)}, "2 images with another label (a, d)"),
        ({"digests": ("1", "2", "3", "5")}, "1 image with other pixels (d)"),
        (
            {"class_names": ("ant", "wasp")},
            "the classes ant, wasp; 2 images with another label (b, d)",
        ),
        (
            {"ids": ("b", "a", "c", "d"), "own": (1, 0, 0, 1), "digests": ("2", "1", "3", "4")},
            "its images in another order or with other pixels",
        ),
    ],
)
def test_images_that_changed_are_refused_and_the_change_is_named(tmp_path, changed, what):
    require_same_images(tmp_path, data_of(Images()))
    require_same_images(tmp_path, data_of(Images()))
    before = (tmp_path / "reported.json").read_bytes()
    with pytest.raises(RunFolderError) as error:
        require_same_images(tmp_path, data_of(Images(**changed)))
    assert str(error.value) == (
        f"Expected the test images that the records in {tmp_path} were made of, got 'planted' "
        f"with {what}. Put the images back as they were, or give another `--out` folder."
    )
    assert (tmp_path / "reported.json").read_bytes() == before


def test_pixels_that_no_digest_names_are_told_by_the_fingerprint(tmp_path):
    require_same_images(tmp_path, data_of(Images(digests=())))
    with pytest.raises(RunFolderError, match="in another order or with other pixels"):
        require_same_images(tmp_path, data_of(Images(digests=(), name="changed")))


def test_a_study_whose_images_changed_is_refused_before_anything_is_computed(
    tiny_copy, tiny_content
):
    plan = plan_of(tiny_content, where="study.yaml")

    @dataclass(frozen=True)
    class Changed:
        inner: object

        def open(self, folder, *, seed):
            data = self.inner.open(folder, seed=seed)
            return replace(data, test=replace(data.test, count=39))

    before = {path: path.stat().st_mtime_ns for path in tiny_copy.rglob("*")}
    with pytest.raises(RunFolderError) as error:
        run_study(
            replace(plan, data=Changed(plan.data)),
            data_folder=None,
            out=tiny_copy,
            device=torch.device("cpu"),
        )
    assert "got 'cue-controlled-test' with 1 image fewer (" in str(error.value)
    assert {path: path.stat().st_mtime_ns for path in tiny_copy.rglob("*")} == before
