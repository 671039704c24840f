"""Two processes that torchrun starts train one network."""

import os
import subprocess
import sys

import pytest

from cuelens.sources import load_model


@pytest.mark.slow
def test_two_processes_write_one_network_and_go_on_as_one(pictures, tmp_path, cuelens):
    out = tmp_path / "both.safetensors"
    words = ["train", "--data", pictures, "--out", out, "--epochs", "2", "--batch-size", "8"]
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    done = subprocess.run(
        [*launcher, "--nproc-per-node", "2", "-m", "cuelens", *map(str, words)],
        capture_output=True,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == str(out.resolve())
    assert done.stdout.count("validation accuracy") == 1
    _, card = load_model(out)
    assert [entry["epoch"] for entry in card.training["history"]] == [1.0, 2.0]
    for file in (out, out.with_name("both-last.safetensors")):
        file.unlink()
    again = cuelens(*words)  # nothing is left but to write it, alone
    assert again.code == 0, again.err
    assert load_model(out)[1].training["history"] == card.training["history"]
