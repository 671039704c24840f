"""How long does `cuelens audit` take on an ImageNet network, how much memory, and where does it go?

EfficientNet-Lite0 on the 200 photographs with the usual settings, in a process of its own; then
its clean accuracy against Pillow's resizing and cropping, as the authors of the weights state it.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from bench.measure import against_limit, print_row
from bench.published import data_folders
from cuelens.cli.app import LARGE_PAGES
from cuelens.evaluation import logits_of
from cuelens.sources import open_model

SECONDS_LIMIT = 480.0
GIGABYTES_LIMIT = 2.5
LEAST_SHARE = 0.9
MOST_APART = 0.01
MODEL = "package:efficientnet-lite0"


class Timed:
    """Adds up the time inside of some calls; what is called within or beside another counts once.

    Images are made ready on a thread of their own, so that calls may overlap.
    """

    def __init__(self) -> None:
        """Begin at 0."""
        self.seconds = 0.0
        self._open = 0
        self._since = 0.0
        self._lock = threading.Lock()

    def __call__(self, work: Callable[..., Any]) -> Callable[..., Any]:
        """Return the same function, timed."""

        def timed(*arguments: Any, **settings: Any) -> Any:
            with self._lock:
                if not self._open:
                    self._since = time.perf_counter()
                self._open += 1
            try:
                return work(*arguments, **settings)
            finally:
                with self._lock:
                    self._open -= 1
                    if not self._open:
                        self.seconds += time.perf_counter() - self._since

        return timed


def photographs() -> Path:
    """Return the folder of the 200 photographs."""
    found = (at / "imagenet-dev200" for at in data_folders())
    place = next((at for at in found if at.is_dir()), None)
    if place is None:
        raise SystemExit("Needs the photographs: set CUELENS_DATA to the folder of imagenet-dev200")
    return place


def audit_once(out: Path) -> None:
    """Audit, and print seconds, peak memory, the share of the networks and the accuracy."""
    import onnxruntime
    from torch import nn

    from bench.memory import kilobytes
    from cuelens.networks.classifier import Classifier
    from cuelens.report import audit_files

    networks = Timed()
    Classifier.__call__ = networks(Classifier.__call__)  # type: ignore[method-assign]
    nn.Module.__call__ = networks(nn.Module.__call__)  # type: ignore[method-assign]
    torch.autograd.grad = networks(torch.autograd.grad)
    onnxruntime.InferenceSession.run = networks(onnxruntime.InferenceSession.run)
    begun = time.perf_counter()
    audit_files([MODEL], str(photographs()), out=out)
    seconds = time.perf_counter() - begun
    summary = json.loads((out / "tables" / "models.json").read_text(encoding="utf-8"))
    print(
        json.dumps(
            {
                "seconds": seconds,
                "gigabytes": kilobytes("VmHWM") * 1024 / 1e9,
                "share": networks.seconds / seconds,
                "accuracy": summary["rows"][0]["clean accuracy: value"],
            }
        )
    )


def with_pillow() -> float:
    """Return the clean accuracy: shorter side to 256, the central 224, bicubic, by Pillow."""
    images, labels = [], []
    for file in sorted(photographs().glob("*.jpg")):
        with Image.open(file) as picture:
            rgb = picture.convert("RGB")
        share = 256 / min(rgb.size)
        rgb = rgb.resize(
            (round(rgb.width * share), round(rgb.height * share)), Image.Resampling.BICUBIC
        )
        left, top = (rgb.width - 224) // 2, (rgb.height - 224) // 2
        pixels = torch.frombuffer(
            bytearray(rgb.crop((left, top, left + 224, top + 224)).tobytes()), dtype=torch.uint8
        )
        images.append(pixels.reshape(224, 224, 3).permute(2, 0, 1).float() / 255)
        labels.append(int(file.name[:4]))
    logits = logits_of(open_model(MODEL).classifier, torch.stack(images), micro_batch=50)
    return float((logits.argmax(1) == torch.tensor(labels)).float().mean())


def main() -> None:
    """Print a row for the time, the memory, the share of the networks and the accuracy."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, str(Path(folder, "audit"))]
        usual = os.environ | {LARGE_PAGES: "1"}  # as the command itself has it
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=usual)
    found = json.loads(done.stdout.splitlines()[-1])
    pillow = with_pillow()
    notes = {
        "share in networks": found["share"], "least share": LEAST_SHARE,
        "clean top-1": found["accuracy"], "clean top-1 with Pillow": pillow,
    }  # fmt: skip
    threads = os.cpu_count() or 1
    for row, figure, limit, unit in (
        ("wall", found["seconds"], SECONDS_LIMIT, "seconds"),
        ("peak-memory", found["gigabytes"], GIGABYTES_LIMIT, "gigabytes"),
        ("outside-networks", 1 - found["share"], 1 - LEAST_SHARE, "share"),
        ("from-pillow", max(abs(found["accuracy"] - pillow), 1e-6), MOST_APART, "share"),
    ):
        print_row(
            against_limit(
                [figure], bench="audit", row=f"audit/efficientnet-lite0/{row}/limit", limit=limit,
                unit=unit, threads=threads, notes=notes,
            )
        )  # fmt: skip


if __name__ == "__main__":
    if len(sys.argv) > 1 and Path(sys.argv[1]).is_absolute():
        audit_once(Path(sys.argv[1]))
    else:
        main()
