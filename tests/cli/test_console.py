"""Where the command line writes what: bars in a terminal, lines in a log, results apart."""

import io
import logging
import os
import subprocess
import sys
from fractions import Fraction

import pytest

import cuelens
from cuelens.cli.app import LARGE_PAGES, main
from cuelens.cli.conditions import PAPER, conditions_of
from cuelens.cli.console import cells, progress_bar, radius_of, table
from cuelens.errors import ConfigError
from cuelens.evaluation import FAMILIES
from cuelens.study.progress import warn_of
from cuelens.transforms import (
    Greyscale,
    Identity,
    LowPass,
    MatchedContrast,
    PatchBorders,
    PatchShuffle,
    Saturation,
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("text", ["8/255", " 8 / 255 ", "0.5", "1", "1e-3"])
def test_a_radius_is_a_number_or_a_fraction(text):
    assert radius_of(text) == float(Fraction(text.replace(" ", "")))


def test_conditions_are_named_as_tables_name_them():
    text = "saturation=8, shuffle=4,greyscale,clean,low-pass=6.5,borders=2,contrast=8,,shuffle=4"
    found = conditions_of(text)
    assert [condition.name for condition in found] == [
        "clean", "saturation=8", "shuffle=4", "greyscale", "low-pass=6.5", "borders=2",
        "contrast=8",
    ]  # fmt: skip
    assert [condition.transform for condition in found] == [
        Identity(), Saturation(level=8), PatchShuffle(patches=4), Greyscale(),
        LowPass(cutoff=6.5), PatchBorders(patches=2), MatchedContrast(level=8),
    ]  # fmt: skip


def test_the_papers_conditions_can_be_read():
    assert len(conditions_of(PAPER)) == 10


def test_no_conditions_are_the_clean_one():
    assert [condition.name for condition in conditions_of("")] == ["clean"]


def test_a_condition_must_be_known():
    with pytest.raises(ConfigError) as error:
        conditions_of("contrst=3")
    assert str(error.value) == (
        f"`--conditions` must name {', '.join(FAMILIES)}, got 'contrst'. Did you mean 'contrast'?"
    )


def test_progress_without_a_terminal_is_a_line_at_the_end_of_each_stage(capsys):
    with progress_bar() as progress:
        progress("train", 1, 3, "loss 2.3")
        progress("train", 3, 3, "loss 0.5")
        progress("predict", 10, 10, "")
    printed = capsys.readouterr()
    assert printed.out == ""
    first, *lines = printed.err.splitlines()
    assert first.startswith("train: 1/3 loss 2.3 (0 s)")
    assert [line.partition(" (")[0] for line in lines] == ["train: 3/3 loss 0.5", "predict: 10/10 "]


def test_progress_without_a_terminal_is_a_line_every_half_minute(capsys, monkeypatch):
    clock = iter([100.0, 110.0, 131.0, 140.0, 170.0])
    monkeypatch.setattr("time.monotonic", lambda: next(clock, 170.0))
    with progress_bar() as progress:
        for step in range(1, 6):
            progress("train", step, 9, "")
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "train: 1/9  (0 s)", "train: 3/9  (31 s, 93 s left)", "train: 5/9  (70 s, 70 s left)",
    ]  # fmt: skip


def test_a_stage_that_begins_again_counts_from_there(capsys, monkeypatch):
    clock = iter((100.0, 140.0, 200.0, 240.0))
    monkeypatch.setattr("time.monotonic", lambda: next(clock, 240.0))
    with progress_bar() as tell:
        for done, total in ((0, 90), (90, 90), (10, 60), (30, 60)):
            tell("predict", done, total, "")
    assert capsys.readouterr().err.splitlines()[-1] == "predict: 30/60  (40 s, 60 s left)"


def test_progress_in_a_terminal_is_a_bar_with_share_and_note(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TERM", "xterm")
    with progress_bar() as progress:
        progress("train", 1, 3, "loss 2.3")
        progress("train", 3, 3, "loss 0.5")
    text = screen.getvalue()
    assert "train" in text
    assert "3/3" in text
    assert "loss 0.5" in text


def test_warnings_are_shown_while_the_progress_is(capsys):
    logger = logging.getLogger("cuelens")
    before = list(logger.handlers)
    with progress_bar():
        warn_of(["`a.png` was left out: the file is empty.", "100 % odd"])
    assert capsys.readouterr().err.splitlines() == [
        "Warning: `a.png` was left out: the file is empty.",
        "Warning: 100 % odd",
    ]
    assert logger.handlers == before


def test_a_table_goes_to_standard_output_whole(capsys):
    table("A title", ("model", "n"), [("a" * 120, "1,000"), ("b", "2")])
    printed = capsys.readouterr()
    assert printed.err == ""
    assert "a" * 120 in printed.out
    assert printed.out.splitlines()[0].rstrip() == "A title"


def test_names_in_a_table_are_no_markup(capsys):
    table("[bold]", ["[red]"], [["retention[saturation=8]"]])
    printed = capsys.readouterr().out
    assert all(name in printed for name in ("[bold]", "[red]", "retention[saturation=8]"))


def test_what_was_not_measured_is_a_dash():
    import polars as pl

    summary = pl.DataFrame(
        {"quantity": ["accuracy", "none"], "n": [1000, 0], "value": [0.5, None],
         "low": [0.4, None], "high": [0.6, None]}
    )  # fmt: skip
    assert cells(summary, "accuracy") == ("1,000", "0.500 [0.400, 0.600]")
    assert cells(summary, "none") == ("0", "-")
    assert cells(summary, "absent") == ("0", "-")


def test_help_imports_nothing_heavy():
    code = (
        "import sys, cuelens.cli.app as app\n"
        "sys.argv = ['cuelens', 'train', '--help']\n"
        "try:\n    app.main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'torch', 'polars', 'scipy', 'altair', 'numpy'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_package_runs_as_a_module(tmp_path):
    command = [sys.executable, "-m", "cuelens", "report", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        f"Error: Expected a run folder at {tmp_path} (with study.json in it), got none. "
        "Give the `--out` folder of `cuelens study run`.\n"
    )


@pytest.mark.parametrize(("before", "after"), [(None, "1"), ("0", "0")])
def test_torch_is_asked_for_large_pages_unless_told_otherwise(monkeypatch, capsys, before, after):
    monkeypatch.setattr(sys, "argv", ["cuelens", "--version"])
    monkeypatch.setenv(LARGE_PAGES, "")  # what it was comes back after the test
    monkeypatch.delenv(LARGE_PAGES) if before is None else monkeypatch.setenv(LARGE_PAGES, before)
    with pytest.raises(SystemExit):
        main()
    assert os.environ[LARGE_PAGES] == after
    assert capsys.readouterr().out == f"cuelens {cuelens.__version__}\n"
