"""Processes that a launcher started share a study: the same records, whoever dies."""

import os
import re
import signal
import socket
import subprocess
import sys
import time

import pytest
import torch

from cuelens.errors import ConfigError
from cuelens.evaluation import SCHEMAS, RecordStore
from cuelens.study import meet
from cuelens.study.run.ranks import Rank
from cuelens.study.run_folder.run_folder import read_parts

LAUNCHER = ("TORCHELASTIC_RUN_ID", "SLURM_NTASKS", "SLURM_PROCID", "SLURM_JOB_NAME")
APART = """
import os, sys
from pathlib import Path
from cuelens.errors import CuelensError
from cuelens.study.run import ranks
ranks._SECONDS = 0.3
try:
    ranks.meet(Path(sys.argv[1]) / os.environ["RANK"])
except CuelensError as error:
    print(f"{type(error).__name__} {error}\\n", end="")
"""
AGAIN = """
import os, sys, time
from pathlib import Path
from cuelens.study import meet
rank = int(os.environ["RANK"])
for turn in range(6):  # what was said in an earlier turn lies in the store as after a restart
    time.sleep(0.5 * ((rank + turn) % 2))
    found = meet(Path(sys.argv[1]))
print(f"{found.number} {found.count}\\n", end="")
"""


MEET = """
import sys
from pathlib import Path
from cuelens.study import meet
rank = meet(Path(sys.argv[1]))
print(f"{rank.number} {rank.count} {rank.first}\\n", end="")
"""


@pytest.fixture(autouse=True)
def _alone(monkeypatch):
    for name in LAUNCHER:
        monkeypatch.delenv(name, raising=False)


def torchrun(*words, ranks=2, **settings):
    launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", str(ranks)]
    return subprocess.Popen(
        [*launcher, *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        **settings,
    )


def ended(process):
    printed, told = process.communicate(timeout=300)
    assert process.returncode == 0, told
    return printed


def all_rows(folder):
    store, parts = RecordStore(folder / "records"), read_parts(folder)
    frames = {table: store.read(table, parts[table]) for table in SCHEMAS if table in parts}
    return {
        table: frame.sort([name for name in frame.columns if not frame.schema[name].is_nested()])
        for table, frame in frames.items()
    }


def require_same(folder, other):
    ours, theirs = all_rows(folder), all_rows(other)
    assert ours.keys() == theirs.keys()
    for table, frame in ours.items():
        assert frame.equals(theirs[table]), table
    assert not (folder / ".leases").exists()
    assert not list(folder.glob(".met-*"))


def test_without_a_launcher_there_is_one_process(tmp_path):
    found = meet(tmp_path / "run")
    assert found == Rank(number=0, count=1, device=found.device)
    assert found.first
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ["bash", "interactive"])
def test_a_session_on_a_cluster_is_one_process(tmp_path, monkeypatch, name):
    monkeypatch.setenv("SLURM_NTASKS", "4")
    monkeypatch.setenv("SLURM_PROCID", "0")
    monkeypatch.setenv("SLURM_JOB_NAME", name)
    assert meet(tmp_path).count == 1


@pytest.mark.parametrize(
    "launcher",
    [
        {"TORCHELASTIC_RUN_ID": "a", "LOCAL_WORLD_SIZE": "2", "WORLD_SIZE": "4"},
        {
            "SLURM_NTASKS": "4",
            "SLURM_PROCID": "1",
            "SLURM_NNODES": "2",
            "SLURM_NTASKS_PER_NODE": "2",
        },
    ],
    ids=["torchrun", "srun"],
)
def test_several_processes_without_the_package_are_refused(tmp_path, monkeypatch, launcher):
    for name, value in launcher.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setitem(sys.modules, "lightning_fabric", None)
    with pytest.raises(ConfigError) as error:
        meet(tmp_path)
    assert str(error.value) == (
        "Several processes need the package lightning-fabric, got none. Install it with `pip "
        "install 'cuelens[distributed]'`, or start the command alone."
    )


def test_more_processes_than_gpus_are_refused(tmp_path, monkeypatch):
    launcher = {"TORCHELASTIC_RUN_ID": "a", "LOCAL_WORLD_SIZE": "2", "WORLD_SIZE": "2"}
    for name, value in launcher.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(ConfigError) as error:
        meet(tmp_path)
    assert str(error.value) == (
        "A machine must have a GPU for each process, got 1 for 2 processes. Start 1, with "
        "`--nproc-per-node 1`."
    )


@pytest.mark.slow
def test_two_ranks_train_and_record_what_one_process_does(tiny_run, tiny_file, tmp_path):
    out = tmp_path / "run"
    process = torchrun("--standalone", "-m", "cuelens", "study", "run", tiny_file, "--out", out)
    printed, told = process.communicate(timeout=300)
    assert process.returncode == 0, told
    assert printed.splitlines()[-1] == f"{out / 'report.html'}"
    assert printed.count("report.html") == 1  # one process speaks for all, of warnings too
    assert told.count("No model of this study has the role `underfit`") == 1
    assert "deprecated" not in told
    require_same(out, tiny_run)


@pytest.mark.long
@pytest.mark.slow
def test_two_machines_meet_and_share_the_study(tiny_run, tiny_file, tmp_path):
    out = tmp_path / "run"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["--nnodes", "2", "--rdzv-backend", "c10d", "--rdzv-id", "study"]
    words += ["--rdzv-endpoint", f"localhost:{port}", "--local-addr", "127.0.0.1"]
    command = [*words, "-m", "cuelens", "study", "run", tiny_file, "--out", out]
    machines = [torchrun(*command, ranks=1) for _ in range(2)]
    printed = sorted(ended(machine) for machine in machines)
    assert printed[0] == ""
    assert printed[1].splitlines()[-1] == f"{out / 'report.html'}"
    require_same(out, tiny_run)


@pytest.mark.long
@pytest.mark.slow
def test_a_rank_that_is_killed_takes_nothing_with_it(tiny_run, tiny_file, tmp_path):
    out = tmp_path / "run"
    words = ["--standalone", "--max-restarts", "2", "-m", "cuelens", "study", "run"]
    process = torchrun(*words, tiny_file, "--out", out)
    end = time.monotonic() + 120
    while not (out / "records" / "predictions").exists():
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.01)
    ranks = children_of(process.pid)
    assert len(ranks) == 2
    os.kill(ranks[-1], signal.SIGKILL)
    assert ended(process).splitlines()[-1] == f"{out / 'report.html'}"
    require_same(out, tiny_run)


def children_of(process):
    found = subprocess.run(
        ["/usr/bin/env", "ps", "-o", "pid=", "--ppid", str(process)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [int(word) for word in re.findall(r"\d+", found)]


@pytest.mark.long
@pytest.mark.slow
def test_processes_that_slurm_started_know_each_other(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    shared = {"SLURM_NTASKS": "2", "SLURM_NTASKS_PER_NODE": "1", "SLURM_NNODES": "2"}
    shared |= {"SLURM_JOB_ID": "1234", "SLURM_JOB_NAME": "study", "SLURM_LOCALID": "0"}
    shared |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "OMP_NUM_THREADS": "1"}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", MEET, str(tmp_path / "run")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | shared | {"SLURM_PROCID": rank, "SLURM_NODEID": rank},
        )
        for rank in "01"
    ]
    assert [ended(process) for process in started] == ["0 2 True\n", "1 2 False\n"]


@pytest.mark.slow
def test_processes_that_do_not_share_the_folder_are_refused(tmp_path):
    script = tmp_path / "apart.py"
    script.write_text(APART, encoding="utf-8")
    printed = ended(torchrun("--standalone", script, tmp_path)).splitlines()
    assert sorted(printed) == [
        f"RunFolderError Expected {tmp_path / rank} to be one folder for all 2 processes, got "
        "another one in process 1. Give an `--out` folder that all machines share."
        for rank in "01"
    ]


@pytest.mark.slow
def test_processes_meet_anew_whatever_lies_in_the_store_of_the_launcher(tmp_path):
    script = tmp_path / "again.py"
    script.write_text(AGAIN, encoding="utf-8")
    printed = ended(torchrun("--standalone", script, tmp_path / "run")).splitlines()
    assert sorted(printed) == ["0 2", "1 2"]


@pytest.mark.long
@pytest.mark.slow
def test_the_same_study_started_twice_by_hand_is_shared_and_another_is_refused(
    tiny_run, tiny_file, tmp_path
):
    out = tmp_path / "run"
    command = [sys.executable, "-m", "cuelens", "study", "run"]
    other = tmp_path / "other.yaml"
    other.write_text(tiny_file.read_text(encoding="utf-8") + "seed: 1\n", encoding="utf-8")
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    started = [
        subprocess.Popen([*command, str(tiny_file), "--out", str(out)], env=environment, **streams)
        for _ in range(2)
    ]
    while not (out / "study.json").exists():
        assert all(process.poll() is None for process in started)
        time.sleep(0.01)
    refused = subprocess.run(
        [*command, str(other), "--out", str(out)], capture_output=True, text=True, check=False
    )
    assert refused.returncode == 2
    assert "got one that differs in `seed`." in refused.stderr
    pages = [ended(process).splitlines()[-1] for process in started]
    assert pages == [f"{out / 'report.html'}"] * 2
    require_same(out, tiny_run)
