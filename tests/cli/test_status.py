"""`cuelens study status`: a table of stages, and one sentence at the end."""

import pytest


def test_a_finished_run_has_nothing_left(tiny_run, cuelens):
    done = cuelens("study", "status", tiny_run)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0].strip() == "Study tiny"
    (predictions,) = (one for one in lines if "predictions" in one and "standard" in one)
    cells = [cell.strip() for cell in predictions.strip("│").split("│")]
    assert cells == ["predictions", "standard", "8 of 8 whole", "325", "325 images", "0 s"]
    assert lines[-2:] == [
        "34 of 34 pieces of work are there already.",
        "Finished: nothing is left.",
    ]


def test_each_condition_has_its_row(tiny_run, cuelens):
    done = cuelens("study", "status", tiny_run, "--each")
    assert "saturation=1024" in done.out
    assert "clean, cues in conflict" in done.out
    assert "to do" not in done.out
    (strips,) = (line for line in done.out.splitlines() if "strips" in line)
    assert "1 part " in strips


def test_what_was_altered_is_named(tiny_copy, cuelens):
    path = next((tiny_copy / "records" / "predictions").glob("*.parquet"))
    path.write_bytes(path.read_bytes()[:-9])
    done = cuelens("study", "status", tiny_copy)
    assert done.code == 0
    assert done.err.startswith(f"Warning: `{path}` must be a whole part of the records")
    assert done.err.endswith("The next run makes it anew.\n")
    assert done.out.splitlines()[-1].startswith("Last written ")
    assert done.out.splitlines()[-1].endswith(" left for one process.")


def test_a_study_that_was_never_started_is_all_to_do(tmp_path, tiny_file, cuelens):
    done = cuelens("study", "status", tmp_path / "run", "--study", tiny_file)
    assert done.code == 0
    assert done.out.splitlines()[-1] == "Nothing was computed yet."
    failed = cuelens("study", "status", tmp_path / "run")
    assert failed.code == 2
    assert failed.err == (
        f"Error: Expected a run folder at {tmp_path / 'run'} (with study.json in it), got none. "
        "Give the `--out` folder of `cuelens study run`.\n"
    )


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, "?"), (0, "0 s"), (119, "119 s"), (121, "2 min"), (7300, "2.0 h"), (2e5, "2.3 days")],
)
def test_a_duration_is_told_in_its_largest_unit(seconds, words):
    from cuelens.cli.console import duration

    assert duration(seconds) == words
