"""The programs of `examples/` run, and what they print makes sense."""

import re
import runpy
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def run(monkeypatch, capsys):
    """Return what runs a program and returns the lines that it prints."""
    monkeypatch.syspath_prepend(str(EXAMPLES))

    def run(name, *words):
        monkeypatch.setattr(sys, "argv", [name, *map(str, words)])
        runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
        return capsys.readouterr().out.splitlines()

    return run


def numbers(line):
    return [float(number) for number in re.findall(r"-?\d+\.\d+", line)]


def test_every_program_is_tested():
    tested = {name for name in globals() if name.startswith("test_the_")}
    programs = {path.stem for path in EXAMPLES.glob("*.py")} - {"own_network"}
    assert {name.removeprefix("test_the_") for name in tested} == programs


def test_the_robust_accuracy(run):
    lines = run("robust_accuracy")
    standard, adversarial = lines[:4], lines[4:]
    for lines in (standard, adversarial):
        clean, *attacked = (numbers(line)[0] for line in lines)
        assert clean > 0.7
        assert [clean, *attacked] == sorted([clean, *attacked], reverse=True)
        assert all(numbers(line)[-1] > numbers(line)[-2] for line in lines[1:])  # the loss rises
    assert numbers(adversarial[-1])[0] > numbers(standard[-1])[0]


def test_the_cue_profile(run):
    heading, *lines = run("cue_profile")
    assert "cue reliance" in heading
    assert len(lines) == 8
    assert all(line.split()[0] in ("standard", "adversarial") for line in lines)
    for line in lines:
        kept, control, reliance, low, high = numbers(line.split(maxsplit=2)[2])
        assert reliance == pytest.approx((control - kept) / 0.9, abs=0.02)
        assert low <= reliance <= high


def test_the_new_transform(run):
    lines = run("new_transform")
    assert len(lines) == 6
    for many, few in ((lines[0], lines[2]), (lines[3], lines[5])):
        assert numbers(many)[0] > numbers(few)[0]


def test_the_salience_measures(run):
    lines = run("salience_measures")
    assert len(lines) == 4
    for line in lines:
        contour, inside, background = (
            numbers(part)[0] for part in line.partition(": ")[2].split("], ")[:3]
        )
        assert contour + inside + background == pytest.approx(1, abs=0.02)


@pytest.mark.slow
def test_the_study_in_python(run, tmp_path):
    first, verdict, *checks = run("study_in_python", tmp_path)
    assert first == f"2,160 predictions in {tmp_path / 'run'}"
    assert verdict.split(":")[0] in ("for", "against", "undecided", "not measured")
    assert any("few-images (doubt)" in line for line in checks)
