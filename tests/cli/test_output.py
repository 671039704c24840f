"""What every verb has: `--json`, `--quiet`, exit codes, completion, no colour in a pipe."""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from cuelens.cli import app
from cuelens.cli.console import note, progress_bar, say, table, warn
from cuelens.cli.output import Output, printing
from cuelens.study.progress import LOGGER, warn_of

CUELENS = (sys.executable, "-m", "cuelens")


def run(*words, home=None, **environment):
    kept = {name: value for name, value in os.environ.items() if name not in ("FORCE_COLOR",)}
    if home is not None:
        environment["HOME"] = str(home)
    return subprocess.run(
        [*CUELENS, *map(str, words)],
        capture_output=True, text=True, check=False, env=kept | environment,
    )  # fmt: skip


def test_the_document_keeps_tables_lines_and_warnings(capsys):
    output = Output(as_json=True)
    with printing(output):
        table("Right, by model", ("model", "n"), [("a", "1,000")])
        data = [{"model": "a", "n": 1000, "low": float("nan"), "at": {"levels": (1, 2)}}]
        table("More", ("model", "n"), [("a", "1,000")], name="sizes", data=data)
        warn("few-images: 10 images.")
        say("done")
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "Warning: few-images: 10 images.\n")
    kept = json.loads(output.document())
    assert kept.pop("cuelens")
    assert kept == {
        "tables": [
            {"name": "right", "title": "Right, by model", "rows": [{"model": "a", "n": "1,000"}]},
            {
                "name": "sizes",
                "title": "More",
                "rows": [{"model": "a", "n": 1000, "low": None, "at": {"levels": [1, 2]}}],
            },
        ],
        "lines": ["done"],
        "warnings": ["few-images: 10 images."],
    }


def test_quiet_has_no_progress_and_no_notes_but_warnings_and_results(capsys):
    with printing(Output(quiet=True)):
        with progress_bar() as progress:
            progress("train", 1, 1, "")
        note("Nothing was left to do.")
        warn("odd")
        say("path")
    assert capsys.readouterr() == ("path\n", "Warning: odd\n")


def test_what_the_package_warns_of_is_told_by_one_process_in_quiet_too(capsys):
    output = Output(quiet=True)
    with printing(output):
        with progress_bar():
            warn_of(["odd"])
            LOGGER.info("even")
        with progress_bar(shown=False):  # another process says it
            warn_of(["odd"])
    assert capsys.readouterr() == ("", "Warning: odd\n")
    assert output.warnings == ["odd"]


def test_outside_of_a_verb_everything_is_text(capsys):
    with printing(Output(as_json=True)):
        pass
    say("path")
    assert capsys.readouterr().out == "path\n"


def test_evaluate_prints_one_document_with_whole_numbers(model, pictures, tmp_path, cuelens):
    words = ["--data", pictures, "--out", tmp_path / "out", "--conditions", "shuffle=4,borders=4"]
    done = cuelens("evaluate", model, *words, "--json", "--quiet")
    assert done.code == 0, done.err
    kept = json.loads(done.out)
    summary, profile = kept["tables"]
    assert (summary["name"], profile["name"]) == ("summary", "profile")
    (row,) = (
        row
        for row in summary["rows"]
        if (row["condition"], row["quantity"]) == ("shuffle=4", "accuracy")
    )
    predictions = pl.read_parquet(tmp_path / "out" / "records" / "predictions" / "*.parquet")
    right = predictions.filter(condition="shuffle=4").select(
        (pl.col("prediction") == pl.col("label")).mean()
    )
    assert (row["n"], row["value"]) == (20, right.item())
    assert row["low"] <= row["value"] <= row["high"]
    assert kept["lines"] == [str((tmp_path / "out").resolve())]
    assert kept["warnings"] == [line.removeprefix("Warning: ") for line in done.err.splitlines()]


def test_status_prints_every_piece_of_work(tiny_run, cuelens):
    done = cuelens("study", "status", tiny_run, "--json")
    kept = json.loads(done.out)
    (found,) = kept["tables"]
    assert found["title"] == "Study tiny"
    assert sum(row["done"] for row in found["rows"] if row["model"] == "standard") > 300
    there, ended = kept["lines"]
    assert there.endswith(" pieces of work are there already.")
    assert ended == "Finished: nothing is left."


def test_a_gate_that_fails_still_prints_its_document(tiny_run, cuelens):
    done = cuelens("gate", tiny_run, "--rule", "accuracy >= 1", "--model", "standard", "--json")
    assert done.code == 1
    (found,) = json.loads(done.out)["tables"]
    (row,) = found["rows"]
    assert (row["model"], row["rule"], row["outcome"]) == ("standard", "accuracy >= 1", "fails")
    assert row["now"] == row["value"] < 1


def test_where_there_is_no_answer_there_is_no_document(tmp_path, cuelens):
    done = cuelens("gate", tmp_path, "--rule", "accuracy >= 1", "--json")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("Error: ")


def test_rows_are_no_document(tiny_run, cuelens):
    done = cuelens("records", tiny_run, "--table", "predictions", "--json")
    assert (done.code, done.out) == (2, "")
    assert done.err == ("Error: `--json` has no rows, got `--table`. Leave it out: rows are CSV.\n")


def test_a_fault_of_cuelens_is_neither_an_answer_nor_a_usage_error(cuelens, monkeypatch, tmp_path):
    def broken(_run):
        raise ZeroDivisionError("of a kind that nobody thought of")

    monkeypatch.setattr("cuelens.report.report_of", broken)
    done = cuelens("report", tmp_path)
    assert (done.code, done.out) == (3, "")
    assert "ZeroDivisionError: of a kind that nobody thought of" in done.err
    assert done.err.endswith("Error: The above is a fault of cuelens, and not an answer.\n")


def test_every_verb_has_quiet_and_json_where_there_is_something_to_print():
    import typer.main

    def leaves(command, name=""):
        if not hasattr(command, "commands"):
            return {name.strip(): {option for one in command.params for option in one.opts}}
        return {
            verb: options
            for word, each in command.commands.items()
            for verb, options in leaves(each, f"{name} {word}").items()
        }

    verbs = leaves(typer.main.get_command(app.app))
    assert "build cue-conflict" in verbs
    without = {verb for verb, options in verbs.items() if "--json" not in options}
    assert without == {"study schema", "explore"}
    assert all("--quiet" in options for options in verbs.values())


def test_nothing_is_coloured_in_a_pipe(tiny_run):
    for words in (["study", "status", tiny_run], ["--help"]):
        done = run(*words)
        assert done.stdout + done.stderr
        assert "\x1b" not in done.stdout + done.stderr


def test_a_reader_that_goes_away_is_no_fault(tiny_run):
    command = f"{sys.executable} -m cuelens records {tiny_run} --table predictions"
    done = subprocess.run(  # the pipe is closed before the first row
        ["/bin/bash", "-c", f"{command} | true; echo ${{PIPESTATUS[0]}}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("141\n", "")


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("cuelens ev", ["evaluate"]),
        ("cuelens study st", ["status"]),
        ("cuelens gate --ju", ["--junit"]),
    ],
)  # fmt: skip
def test_the_shell_completes_verbs_and_options(typed, found):
    done = run(
        _CUELENS_COMPLETE="complete_bash", COMP_WORDS=typed, COMP_CWORD=str(typed.count(" "))
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == found


def test_completion_installs_itself(tmp_path):
    # Else the shell is that of whatever started the tests.
    named = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    done = run("--install-completion", "bash", home=tmp_path, **named)
    assert done.returncode == 0, done.stderr
    (script,) = (tmp_path / ".bash_completions").iterdir()
    assert "_CUELENS_COMPLETE=complete_bash" in script.read_text()
    assert str(script) in (tmp_path / ".bashrc").read_text()


def test_the_page_of_the_command_line_names_every_table():
    cli = Path(app.__file__).parent
    named = {
        keyword.value.value
        for path in cli.glob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "table"
        for keyword in call.keywords
        if keyword.arg == "name"
    }
    page = (Path(__file__).parents[2] / "docs" / "use" / "command-line.md").read_text()
    rows = page.partition("| verb | tables |")[2].partition("\n\n")[0].splitlines()[2:]
    told = {name for row in rows for name in re.findall(r"`([a-z][a-z-]*)`", row.split("|")[2])}
    assert named
    assert named <= told
    assert told - named == {"oracles", "records", "this-machine"}  # made of their titles
