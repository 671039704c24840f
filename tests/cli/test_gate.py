"""`cuelens gate`: a table, sentences and an exit code that a job understands."""

import pytest
from tests.study.gate.test_gate import network, run_of


@pytest.fixture
def runs(tmp_path):
    old = run_of(tmp_path / "old", {"standard": network()}, bias=0.5)
    return run_of(tmp_path / "new", {"standard": network(kept=0.4)}, bias=0.5), old


def test_a_drop_ends_with_exit_code_1_and_its_sentence(runs, cuelens):
    new, old = runs
    rule = "retention[saturation=8] >= baseline - 0.02"
    done = cuelens("gate", new, "--baseline", old, "--rule", rule, "--rule", "accuracy <= 1")
    assert (done.code, done.err) == (1, "")
    lines = done.out.splitlines()
    assert lines[-1] == "Gate failed: 1 hold, 1 fail, 0 undecided, of 2."
    assert lines[-2].startswith(f"{rule}: standard: retention[saturation=8] is 0.")
    assert lines[-2].endswith("by Holm): fails.")


def test_what_is_undecided_ends_with_exit_code_0_and_says_so(runs, cuelens, tmp_path):
    new, old = runs
    done = cuelens(
        "gate", new, "--baseline", old, "--rule", "shape_bias >= baseline",
        "--markdown", tmp_path / "gate.md", "--junit", tmp_path / "gate.xml",
    )  # fmt: skip
    assert (done.code, done.err) == (0, "")
    assert "undecided, more images would tell." in done.out
    assert done.out.endswith("Gate passed: 0 hold, 0 fail, 1 undecided, of 1.\n")
    assert (tmp_path / "gate.md").is_file()
    assert (tmp_path / "gate.xml").is_file()


def test_a_rule_that_is_none_ends_with_exit_code_2_and_points(runs, cuelens):
    done = cuelens("gate", runs[0], "--rule", "accuracy >= baselin")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "Error: `--rule` must have a number, or `baseline` here, got 'baselin':\n"
        "  accuracy >= baselin\n"
        "              ^\n"
        "Rules are such as shape_bias >= baseline - 0.05, retention[saturation=8] >= baseline - "
        "2/100, accuracy >= 0.8.\n"
    )


def test_a_gate_without_an_answer_leaves_none_of_an_earlier_one(runs, cuelens, tmp_path):
    junit, markdown = tmp_path / "gate.xml", tmp_path / "gate.md"
    files = ["--junit", junit, "--markdown", markdown]
    assert cuelens("gate", runs[1], "--rule", "accuracy >= 0", *files).code == 0
    assert junit.is_file()
    assert cuelens("gate", runs[1], "--rule", "retention >= 0", *files).code == 2
    assert not junit.exists()
    assert not markdown.exists()


def test_a_study_that_has_not_come_to_its_end_passes_no_gate(tiny_copy, cuelens):
    rule = ["--rule", "accuracy >= 0"]
    assert cuelens("gate", tiny_copy, *rule).code == 0
    (tiny_copy / "parts.json").unlink()
    done = cuelens("gate", tiny_copy, *rule)
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        f"Error: Expected a run that has come to its end in {tiny_copy}, got one that was "
        "begun, or added to, and not finished. Run the study again with `cuelens study run`: it "
        "goes on where it was.\n"
    )


def test_a_folder_that_is_no_run_ends_with_exit_code_2(tmp_path, cuelens):
    done = cuelens("gate", tmp_path, "--rule", "accuracy >= 0.5")
    assert done.code == 2
    assert done.err.startswith(f"Error: Expected the folder of a run at {tmp_path}")
