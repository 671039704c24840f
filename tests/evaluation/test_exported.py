"""Exported rows are those of the records, whatever the kind of file."""

import io

import polars as pl
import pytest
from tests.evaluation.test_records import truncate

from cuelens.errors import ConfigError
from cuelens.evaluation.exported import csv_of, export_schema, table_sizes, write_parquet
from cuelens.evaluation.row_filters import row_filter
from cuelens.evaluation.tables import table_of


def part(model, answers):
    count = len(answers)
    columns = {
        "image": [f'image "{row}", {model}' for row in range(count)],
        "label": [0] * count,
        "prediction": answers,
        "probabilities": [[0.25, 0.75]] * count,
        "level": [None, *[8.0] * (count - 1)],
    }
    return table_of("predictions", columns, {"model": model, "draw": 7})


@pytest.fixture
def filled(store):
    store.write("predictions", "k1", part("a", [0, 1, 0]))
    store.write("predictions", "k2", part("b", [1, 1]))
    return store


def filters(*texts):
    schema = export_schema("predictions", option="--table")
    return [row_filter(text, schema, option="--where") for text in texts]


def test_csv_has_every_row_and_column_with_lists_as_numbers(filled):
    text = "".join(csv_of(filled, "predictions", ["k2", "k1"], []))
    found = pl.read_csv(io.StringIO(text))
    assert found.columns == list(export_schema("predictions", option="--table"))
    assert found["model"].to_list() == ["b", "b", "a", "a", "a"]
    assert found["right"].to_list() == [False, False, True, False, True]
    assert found["image"][0] == 'image "0", b'
    assert found["level"].to_list() == [None, 8.0, None, 8.0, 8.0]
    assert set(found["probabilities"]) == {"0.25 0.75"}


def test_all_comparisons_must_hold(filled):
    where = filters("right == false", "model == a")
    text = "".join(csv_of(filled, "predictions", ["k1", "k2"], where))
    assert pl.read_csv(io.StringIO(text))["prediction"].to_list() == [1]


def test_parquet_holds_the_same_rows_in_their_own_types(filled, tmp_path):
    out = tmp_path / "deep" / "rows.parquet"
    write_parquet(filled, "predictions", ["k1", "k2"], filters("right == true"), out)
    found = pl.read_parquet(out)
    assert found.drop("right").equals(part("a", [0, 1, 0]).filter(prediction=0))
    assert found.schema == pl.Schema(export_schema("predictions", option="--table"))
    assert [one.name for one in out.parent.iterdir()] == ["rows.parquet"]


def test_class_names_stand_beside_their_numbers(store, tmp_path):
    frame = part("a", [0, 1, -1])
    store.write(
        "predictions", "k", frame.with_columns(dataset=pl.lit("pets"), shape=frame["label"])
    )
    store.write("predictions", "other", frame.with_columns(dataset=pl.lit("tools")))
    classes = {"pets": ("cat", "dog"), "tools": ("saw",)}
    schema = export_schema("predictions", option="--where", classes=classes)
    where = [row_filter("prediction_name != saw", schema, option="--where")]
    out = tmp_path / "rows.parquet"
    write_parquet(store, "predictions", ["k", "other"], [], out, classes=classes)
    found = pl.read_parquet(out)
    assert found.schema == pl.Schema(schema)
    assert found["label_name"].to_list() == ["cat"] * 3 + ["saw"] * 3
    assert found["prediction_name"].to_list() == ["cat", "dog", None, "saw", None, None]
    assert found["shape_name"].to_list() == ["cat"] * 3 + [None] * 3
    text = "".join(csv_of(store, "predictions", ["other", "k"], where, classes=classes))
    rows = pl.read_csv(io.StringIO(text))
    assert rows.columns == list(schema)
    assert rows["prediction_name"].to_list() == ["cat", "dog"]


def test_no_parts_give_the_columns_and_no_rows(filled, tmp_path):
    assert len("".join(csv_of(filled, "predictions", [], [])).splitlines()) == 1
    write_parquet(filled, "predictions", [], [], tmp_path / "rows.parquet")
    assert pl.read_parquet(tmp_path / "rows.parquet").height == 0


def test_damaged_parts_are_left_out_and_named(filled):
    truncate(filled.path("predictions", "k1"))
    store = type(filled)(filled.folder)
    text = "".join(csv_of(store, "predictions", ["k1", "k2"], []))
    assert pl.read_csv(io.StringIO(text))["model"].to_list() == ["b", "b"]
    assert [one.path.stem for one in store.damaged()] == ["k1"]
    (size,) = table_sizes(store, {"predictions": ["k1", "k2"]})
    assert (size.parts, size.rows, size.damaged) == (2, 2, 1)


def test_a_table_that_is_none_is_refused_with_the_nearest():
    with pytest.raises(ConfigError) as error:
        export_schema("prediction", option="--table")
    assert str(error.value) == (
        "`--table` must be one of predictions, attacks, attack-parts, salience, agreements, "
        "probes, controls, got 'prediction'. Did you mean 'predictions'?"
    )
