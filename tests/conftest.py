"""A study that is done in seconds, and its run: made once, read by the tests of several folders."""

import copy
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from cuelens.evaluation.forward import FastForm

TINY = """
name: tiny
title: A study that is done in seconds
data: {CueControlled: {training: 64, validation: 40, test: 40, conflict: 45}}
models:
  standard: {recipe: {epochs: 1, batch_size: 32}}
  adversarial:
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
  methods: {gradient: {Gradient: {}}}
  conditions: [clean, shuffle=2]
"""


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
    from cuelens.study.plan import plan_of

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
    """Return the folder of a run of the tiny study; for reading alone."""
    out = tmp_path_factory.mktemp("tiny") / "run"
    run_tiny(out)
    return out


@pytest.fixture
def tiny_copy(tiny_run: Path, tmp_path: Path) -> Path:
    """Return a copy of the tiny study's run, times of change included, for the test to change."""
    out = tmp_path / "run"
    shutil.copytree(tiny_run, out)
    return out


@pytest.fixture
def bfloat16(monkeypatch):
    """Let the fast path be in bfloat16, however small the network and whatever the machine."""
    form = FastForm(precision=torch.bfloat16, channels_last=True, batch=100)
    monkeypatch.setattr("cuelens.evaluation.attack_runs.fast_form", lambda *_: form)
