"""What the tests of several folders read: a study that is done in seconds, and where data is."""

import copy
import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from PIL import Image

from cuelens.evaluation.forward import FastForm
from cuelens.networks.adain import adain_decoder, adain_encoder
from cuelens.randomness import keyed_generator
from cuelens.sources import AdaINWeights

TINY = """
name: tiny
title: A study that is done in seconds
data: {CueControlled: {training: 64, validation: 40, test: 40, conflict: 45}}
models: # the cheapest of the networks that can be trained by name
  standard: {network: resnet10-64, recipe: {epochs: 1, batch_size: 32}}
  adversarial:
    network: resnet10-64
    recipe:
      epochs: 1
      batch_size: 32
      objective: {MinMax: {attack: {PGD: {ball: {Linf: {radius: 8/255}}, step: 6/255, steps: 1}}}}
conditions:
  saturation: {Saturation: {level: [8, 16, 64, 1024]}}
  shuffle: {PatchShuffle: {patches: [2, 4]}}
attacks:
  pgd-2:
    attack: {PGD: {ball: {Linf: {radius: 8/255}}, step: 4/255, steps: 2}}
    images: 20
salience:
  images: 8
  strips: 1
  tested: 4
  steps: 4
  depths: 2
  methods: {gradient: {Gradient: {}}}
  conditions: [clean, shuffle=2]
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave some cases out of the coverage, and begin with the slow tests.

    The tracer doubles the time of a test, and a case of which both test and parameters came before
    in a file runs lines that others ran. A slow test that comes last keeps one worker busy and
    leaves the others with nothing.
    """
    seen: set[tuple[Path, str]] = set()
    for item in items:
        test, _, parameters = item.name.partition("[")
        if not parameters:
            continue
        kinds = {(item.path, test), (item.path, f"[{parameters}")}
        if kinds <= seen:
            item.add_marker(pytest.mark.no_cover)
        seen |= kinds
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture
def tiny_content() -> dict[str, Any]:
    """Return what the tiny study's file holds, for the test to change."""
    return copy.deepcopy(yaml.safe_load(TINY))


@pytest.fixture
def tiny_file(tmp_path: Path) -> Path:
    """Return the tiny study's file."""
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def run_tiny() -> Callable[[Path], None]:
    """Return what runs the tiny study into a folder, on one thread."""
    from cuelens.study import run_study
    from cuelens.study.plan.plan import plan_of

    def run(out: Path) -> None:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            plan = plan_of(yaml.safe_load(TINY), where="the tiny study")
            run_study(plan, data_folder=None, out=out, device=torch.device("cpu"))
        finally:
            torch.set_num_threads(threads)

    return run


@pytest.fixture(scope="session")
def tiny_run(run_tiny: Callable[[Path], None], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run of the tiny study; for reading alone, one for all workers."""
    place = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        place = place.parent
    with (place / "tiny.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / "tiny.done").exists():
            run_tiny(place / "tiny-run")
            (place / "tiny.done").touch()
    return place / "tiny-run"


@pytest.fixture
def tiny_copy(tiny_run: Path, tmp_path: Path) -> Path:
    """Return a copy of the tiny study's run, times of change included, for the test to change."""
    out = tmp_path / "run"
    shutil.copytree(tiny_run, out)
    return out


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave every figure empty, for tests of other things: to draw is half of a page's time."""
    empty = '<svg xmlns="http://www.w3.org/2000/svg"></svg>'
    monkeypatch.setattr("cuelens.report.shared.chart_svg", lambda _chart, *, models: empty)


@pytest.fixture(scope="session")
def adain_weights(tmp_path_factory: pytest.TempPathFactory) -> AdaINWeights:
    """Return weights of the right shapes, drawn by chance, in files as users of AdaIN have them."""
    folder, generator = tmp_path_factory.mktemp("adain"), keyed_generator(0, "adain-weights")
    files = {"encoder": "vgg_normalised.pth", "decoder": "decoder.pth"}
    for network, name in ((adain_encoder(), "encoder"), (adain_decoder(), "decoder")):
        weights = {}
        for layer, value in network.state_dict().items():
            deviation = (2 / value[0].numel()) ** 0.5 if value.ndim > 1 else 0.1
            drawn = generator.standard_normal(tuple(value.shape), dtype=np.float32)
            weights[layer] = torch.from_numpy(drawn) * deviation
        if name == "encoder":  # the file goes on to the top of VGG-19
            weights["31.weight"] = torch.zeros(8)
        torch.save(weights, folder / files[name])
    return AdaINWeights.in_folder(folder)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 KiB, mounted for the test."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    command = [mount, "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if mount is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can be mounted by root only")
    yield folder
    subprocess.run([shutil.which("umount"), "--lazy", str(folder)], check=True)


@pytest.fixture
def bfloat16(monkeypatch):
    """Let the fast path be in bfloat16, however small the network and whatever the machine."""
    form = FastForm(precision=torch.bfloat16, channels_last=True, batch=100)
    monkeypatch.setattr("cuelens.evaluation.attack_runs.fast_form", lambda *_: form)


def _picture(key: int) -> Image.Image:
    """Return a smooth random colour picture of 64 px."""
    generator = np.random.Generator(np.random.Philox(key=key))
    coarse = generator.integers(0, 256, (4, 5, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((64, 64), Image.Resampling.BICUBIC)


def _fill_tiny_imagenet(folder: Path) -> None:
    """Write Tiny ImageNet's folders with two classes, one file of them in greyscale."""
    names = ("n02", "n01")
    annotations = []
    for label, name in enumerate(names):
        place = folder / "train" / name / "images"
        place.mkdir(parents=True)
        for number in range(5):
            _picture(10 * label + number).save(place / f"{name}_{number}.JPEG")
        boxes = "".join(f"{name}_{number}.JPEG\t0\t1\t30\t31\n" for number in range(5))
        (folder / "train" / name / f"{name}_boxes.txt").write_text(boxes)
    _picture(1).convert("L").save(folder / "train" / "n01" / "images" / "n01_3.JPEG")
    (folder / "val" / "images").mkdir(parents=True)
    for number in range(4):
        _picture(50 + number).save(folder / "val" / "images" / f"val_{number}.JPEG")
        annotations.append(f"val_{number}.JPEG\t{names[number % 2]}\t0\t32\t44\t62\n")
    (folder / "val" / "val_annotations.txt").write_text("".join(annotations))
    (folder / "wnids.txt").write_text("n02\nn01\n")
    (folder / "words.txt").write_text("n01\tgoldfish\nn02\ttench\n")


@pytest.fixture
def tiny_imagenet(tmp_path: Path) -> Path:
    """Return a folder with a small Tiny ImageNet inside."""
    _fill_tiny_imagenet(tmp_path / "tiny-imagenet-200")
    return tmp_path


@pytest.fixture(scope="session")
def tiny_imagenet_folder() -> Path:
    """Return where Tiny ImageNet was unpacked, or skip."""
    place = Path(os.environ.get("CUELENS_DATA", "nowhere"))
    if not (place / "tiny-imagenet-200" / "wnids.txt").is_file():
        pytest.skip("needs Tiny ImageNet: set CUELENS_DATA to the folder of tiny-imagenet-200")
    return place


@pytest.fixture(scope="session")
def cifar10_folder() -> Path:
    """Return where CIFAR-10 was unpacked, or skip."""
    places = [Path(os.environ["CUELENS_DATA"])] if "CUELENS_DATA" in os.environ else []
    places.append(Path(__file__).parents[2] / "shared" / "data")
    for place in places:
        if (place / "cifar-10-batches-py" / "test_batch").is_file():
            return place
    pytest.skip("needs CIFAR-10: set CUELENS_DATA to the folder of cifar-10-batches-py")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Return Debian's chromium, driven by playwright; of a module, as its loop is in the way."""
    found = [shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")]
    if not any(found):
        pytest.skip("no chromium is installed")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as running:
        program = next(name for name in found if name)
        launched = running.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def browser_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """Return what opens a page that notes its errors in `errors`: on its console, and uncaught."""
    contexts = []

    def opened(**settings: Any) -> Any:
        contexts.append(
            browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **settings})
        )
        page = contexts[-1].new_page()
        page.errors = []
        page.on(
            "console", lambda one: page.errors.append(one.text) if one.type == "error" else None
        )
        page.on("pageerror", lambda one: page.errors.append(str(one)))
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def screenshots() -> Path:
    """Return where pictures of pages are kept, to be looked at."""
    folder = Path(__file__).parents[1] / "build" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
