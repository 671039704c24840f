"""`cuelens records` on a study's run: what is there, rows as files, damage by name."""

import io

import polars as pl
import pytest

from cuelens.evaluation import RecordStore
from cuelens.sources import load_model


def test_without_a_table_it_says_what_there_is(tiny_run, cuelens):
    done = cuelens("records", tiny_run)
    assert (done.code, done.err) == (0, "")
    rows = {
        words[0]: words[1:] for words in (line.split() for line in done.out.splitlines()) if words
    }
    assert RecordStore(tiny_run / "records").read("predictions").height == 2 * (7 * 40 + 45)
    assert any("predictions" in line and " 650 " in line for line in done.out.splitlines()), rows
    assert any("strips" in line and " - " in line for line in done.out.splitlines())


def test_rows_go_to_standard_output(tiny_run, cuelens):
    done = cuelens(
        "records", tiny_run, "--table", "predictions", "--where", "condition == saturation=8",
        "--where", "model == standard", "--where", "right == false",
    )  # fmt: skip
    assert (done.code, done.err) == (0, "")
    found = pl.read_csv(io.StringIO(done.out))
    kept = RecordStore(tiny_run / "records").read("predictions")
    wanted = kept.filter(
        pl.col("prediction") != pl.col("label"), condition="saturation=8", model="standard"
    )
    assert found["image"].to_list() == wanted["image"].to_list()
    assert 0 < len(found) < 40
    names = {"label": "label_name", "prediction": "prediction_name"}
    classes = load_model(tiny_run / "models" / "standard.safetensors")[0].class_names
    for number, name in names.items():
        assert found[name].to_list() == [classes[one] for one in found[number]]


@pytest.mark.parametrize(
    ("where", "hint"),
    [
        ("model == standart", "Did you mean 'standard'?"),
        ("model == x", "There are: adversarial, standard."),
        ("label_name == x", "There are: "),
    ],
)
def test_a_text_that_no_row_has_is_named_with_those_that_there_are(tiny_run, cuelens, where, hint):
    done = cuelens("records", tiny_run, "--table", "predictions", "--where", where)
    assert done.code == 0
    assert len(done.out.splitlines()) == 1
    assert done.err.startswith(f"Warning: No row of predictions has `{where}`. {hint}")


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_rows_go_into_a_file(tiny_run, tmp_path, cuelens, form):
    out = tmp_path / f"rows.{form}"
    done = cuelens("records", tiny_run, "--table", "attacks", "--format", form, "--out", out)
    assert (done.code, done.out, done.err) == (0, f"{out.resolve()}\n", "")
    read = pl.read_csv if form == "csv" else pl.read_parquet
    assert read(out).height == 2 * 20


def test_damage_is_named_and_the_other_rows_are_there(tiny_copy, cuelens):
    store = RecordStore(tiny_copy / "records")
    path = store.path("predictions", store.keys("predictions")[0])
    path.write_bytes(path.read_bytes()[:-9])
    done = cuelens("records", tiny_copy, "--table", "predictions")
    assert done.code == 0
    assert len(pl.read_csv(io.StringIO(done.out))) in (650 - 40, 650 - 45)
    assert done.err.startswith(f"Warning: `{path}` must be a whole part of the records, got a torn")
    checked = cuelens("records", tiny_copy, "--check")
    assert checked.code == 1
    assert checked.out.splitlines()[0].startswith(f"`{path}` must be a whole part")
    assert checked.out.splitlines()[-1].endswith("parts are whole, 1 are not.")


def test_a_part_that_is_gone_is_named(tiny_copy, cuelens):
    store = RecordStore(tiny_copy / "records")
    path = store.path("predictions", store.keys("predictions")[0])
    path.unlink()
    assert f"Expected a part of the records at `{path}`, got none." in (
        cuelens("records", tiny_copy, "--table", "predictions").err
    )


def test_whole_records_pass_the_check(tiny_copy, cuelens):
    done = cuelens("records", tiny_copy, "--check")
    assert done.code == 0, done.out
    assert done.out.endswith("parts are whole, 0 are not.\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--where", "model == a"],
            (
                "`--table` must say of what rows are wanted, got none. "
                "Name one of agreements, attack-parts, attacks, predictions, probes, salience, "
                "strips."
            ),
        ),
        (
            ["--table", "attacks", "--format", "parquet"],
            (
                "`--out` must name the file for `--format parquet`, got none. "
                "Give one: --out rows.parquet."
            ),
        ),
    ],
)
def test_what_is_missing_is_said(tiny_run, cuelens, words, message):
    done = cuelens("records", tiny_run, *words)
    assert (done.code, done.out, done.err) == (2, "", f"Error: {message}\n")


def test_a_folder_without_records_is_no_run(tmp_path, cuelens):
    done = cuelens("records", tmp_path)
    assert (done.code, done.err) == (
        2,
        (
            f"Error: Expected the folder of a run at {tmp_path} (with `records` in it), got none. "
            "Give the `--out` folder of `cuelens study run`, `evaluate` or `attack`.\n"
        ),
    )
