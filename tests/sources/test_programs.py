"""Programs of torch run as they were written, and what would run code when read is refused."""

import copy
import io
import os
import shutil
import warnings
import zipfile
from pathlib import Path

import pytest
import torch
from torch import nn

from cuelens.errors import ModelError
from cuelens.evaluation.forward import fast_form
from cuelens.networks import evaluating, fast, input_gradient
from cuelens.randomness import Chance
from cuelens.sources import Preprocessing, Stated, open_model

IMAGES = Chance(0, tuple("abcde")).uniform((3, 24, 24), method="test")
SIZED = Stated(preprocessing=Preprocessing.read("size: 24, preset: imagenet"))


def network() -> nn.Module:
    torch.manual_seed(0)
    made = nn.Sequential(
        nn.Conv2d(3, 8, 3, 2), nn.BatchNorm2d(8), nn.ReLU(), nn.Dropout(0.5),
        nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(32, 4),
    )  # fmt: skip
    made(IMAGES)  # so that the norm has statistics
    return made.eval()


@pytest.fixture(scope="module")
def exported(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("exported") / "a program.pt2"
    batch = torch.export.Dim("batch", min=1, max=512)
    made = torch.export.export(network(), (IMAGES[:2],), dynamic_shapes=({0: batch},))
    torch.export.save(made, path)
    return path


@pytest.fixture(scope="module")
def script(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("script") / "mine.pt"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.save(torch.jit.trace(network(), IMAGES[:1]), path)
    return path


@pytest.fixture(params=["exported", "script"])
def address(request) -> str:
    path = request.getfixturevalue(request.param)
    return str(path) if request.param == "exported" else f"torchscript:{path}"


def test_a_program_whose_weights_may_learn_has_a_fast_form(address):
    found = open_model(address, stated=SIZED).classifier
    form = fast(found, precision=torch.float32)
    with torch.no_grad():
        torch.testing.assert_close(form(IMAGES), found(IMAGES), rtol=1e-5, atol=1e-5)
    assert not any(one.requires_grad for one in form.network.parameters())


def test_logits_and_gradients_are_those_of_the_network(address):
    found = open_model(address, stated=SIZED).classifier
    prepared = found.specification.prepare(IMAGES)
    with torch.no_grad():
        torch.testing.assert_close(found(IMAGES), network()(prepared), rtol=0, atol=1e-5)

    def score(classify):
        return lambda images: classify(images).square().sum(1)

    own = network()
    expected = input_gradient(
        score(lambda images: own(found.specification.prepare(images))), IMAGES
    )
    torch.testing.assert_close(input_gradient(score(found), IMAGES), expected, rtol=0, atol=1e-5)
    assert found.class_names == tuple("0123")


def test_the_machinery_of_evaluation_leaves_it_as_it_is(address):
    found = open_model(address, stated=SIZED).classifier
    before = found.fingerprint()
    with torch.no_grad():
        expected = found(IMAGES)
        form = fast_form(found, IMAGES).of(found)
        torch.testing.assert_close(form(IMAGES), expected, rtol=0, atol=1e-5)
        rounded = copy.deepcopy(found.network).to(torch.bfloat16)
        assert torch.equal(rounded(found.specification.prepare(IMAGES)), expected)
        with evaluating(found.network):
            found.network.train()
            assert torch.equal(found(IMAGES), expected)  # its dropout stays off
    assert found.fingerprint() == before


def test_an_exported_program_tells_its_size_itself(exported):
    found = open_model(exported)
    specification = found.classifier.specification
    assert (specification.height, specification.width, specification.channels) == (24, 24, 3)
    assert found.provenance.notes == (
        "The program is run in float32, as it was written.",
        "Its source names no classes: they are called by their places, from 0.",
    )


def test_a_program_for_one_batch_size_is_given_batches_of_it(tmp_path):
    path = tmp_path / "two.pt2"
    torch.export.save(torch.export.export(network(), (IMAGES[:2],)), path)
    found = open_model(path).classifier
    with torch.no_grad():
        torch.testing.assert_close(found(IMAGES), network()(IMAGES), rtol=0, atol=1e-5)
        torch.testing.assert_close(found(IMAGES[:1]), network()(IMAGES[:1]), rtol=0, atol=1e-5)


class Evil:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.path),)


def test_a_pickle_inside_a_program_is_refused_and_did_not_run(exported, tmp_path):
    trap, evil = tmp_path / "it ran", io.BytesIO()
    torch.save(((Evil(trap),), {}), evil)
    path = tmp_path / "evil.pt2"
    with zipfile.ZipFile(exported) as whole, zipfile.ZipFile(path, "w") as made:
        for name in whole.namelist():
            inside = name.partition("/")[2].startswith("data/sample_inputs/")
            made.writestr(name, evil.getvalue() if inside else whole.read(name))
    with pytest.raises(ModelError) as caught:
        open_model(path)
    assert str(caught.value).startswith(
        f"Expected a program of steps and plain tensors in {path}, got a pickle of more than "
        "tensors (data/sample_inputs/"
    )
    assert not trap.exists()


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("archive/data/aotinductor/model/code.so", "compiled code"),
        ("archive/data/weights/model.pt", "a pickle"),
        ("archive/data/constants/opaque_obj_0", "a pickled object"),
        ("serialized_exported_program.json", "the format of older versions of torch"),
    ],
)
def test_parts_that_may_run_code_are_refused(exported, tmp_path, name, what):
    path = tmp_path / "other.pt2"
    shutil.copy(exported, path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, b"x")
    with pytest.raises(ModelError) as caught:
        open_model(path)
    assert f"in {path}, got {what} (" in str(caught.value)
    assert str(caught.value).endswith(
        "which may run code; it was not loaded. Export the network again with a torch of today, "
        "on the CPU."
    )


@pytest.mark.parametrize("kind", ["torchscript", "pt2"])
def test_files_of_other_kinds_and_missing_ones_are_refused(tmp_path, kind):
    path = tmp_path / "mine.bin"
    with pytest.raises(ModelError) as caught:
        open_model(f"{kind}:{path}")
    assert str(caught.value) == f"Expected a program at {path}, got nothing there. Check the path."
    path.write_bytes(b"nothing of this kind")
    with pytest.raises(ModelError) as caught:
        open_model(f"{kind}:{path}")
    assert str(caught.value) == (
        f"Expected a program of torch at {path}, got a file that is torn or of another kind. Copy "
        "it again, or save it again."
    )
    torch.save(network().state_dict(), path)
    with pytest.raises(ModelError, match=r"cannot be read as such|older versions"):
        open_model(f"{kind}:{path}")


def test_a_size_that_must_be_stated_is_asked_for(tmp_path):
    path = tmp_path / "fixed.pt"
    fixed = nn.Sequential(nn.Flatten(), nn.Linear(3 * 20 * 20, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.save(torch.jit.trace(fixed, torch.zeros(1, 3, 20, 20)), path)
    with pytest.raises(ModelError) as caught:
        open_model(f"torchscript:{path}")
    text = str(caught.value)
    assert "must read images of 224 x 224 or 32 x 32 or 64 x 64 or 96 x 96 or 299 x 299" in text
    assert text.endswith("State what it reads, such as `--preprocessing 'size: 48'`.")
    stated = Stated(preprocessing=Preprocessing.read("size: 20"))
    assert open_model(f"torchscript:{path}", stated=stated).classifier.class_names == ("0", "1")


def test_grey_networks_read_colours_as_grey_and_four_channels_are_refused(tmp_path):
    for channels in (1, 4):
        made = nn.Sequential(
            nn.Conv2d(channels, 2, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten()
        ).eval()
        path = tmp_path / f"{channels}.pt2"
        torch.export.save(torch.export.export(made, (torch.zeros(2, channels, 8, 8),)), path)
        if channels == 1:
            found = open_model(path).classifier
            grey = (IMAGES * torch.tensor([0.299, 0.587, 0.114])[:, None, None]).sum(1, True)
            small = IMAGES[..., :8, :8]
            with torch.no_grad():
                assert torch.allclose(found(small), made(grey[..., :8, :8]), atol=1e-6)
        else:
            with pytest.raises(ModelError) as caught:
                open_model(path)
            assert str(caught.value) == (
                "A network must read images of 3 channels (red, green, blue) or 1 (grey), got 4 "
                f"of pt2:{path}. In Python put a layer in front of it that makes its channels of "
                "three."
            )
