"""A tally tells how many images parts hold, and the seconds that they took, once a part."""

import polars as pl
from tests.evaluation.test_records import rows, truncate

from cuelens.evaluation import RecordStore
from cuelens.evaluation.tables import table_of
from cuelens.evaluation.tally import tally


def test_images_are_counted_by_columns_and_seconds_once_a_part(store):
    store.write("predictions", "k1", rows(count=3, model="a"))
    columns = {"image": ["x", "x", "y", "x"], "measure": ["m", "m", "m", "other"]}
    measured = table_of("salience", columns, {"model": "a"})
    store.write("salience", "k2", measured)
    store.write("salience", "k3", measured.filter(image="y"))
    (row,) = tally(store, "predictions", ["k1"], by=["model"]).iter_rows(named=True)
    assert (row["key"], row["model"], row["images"]) == ("k1", "a", 3)
    assert row["seconds"] == float(store.notes("predictions", "k1")["seconds"])
    found = tally(store, "salience", ["k2", "k3", "k4"], by=["measure"])
    assert found.select("key", "measure", "images").rows() == [
        ("k2", "m", 2),
        ("k2", "other", 1),
        ("k3", "m", 1),
    ]
    assert found["seconds"].is_null().to_list() == [False, True, False]


def test_damaged_parts_and_parts_of_earlier_versions_do_no_harm(store):
    store.write("predictions", "k1", rows())
    store.write("predictions", "k2", rows())
    truncate(store.path("predictions", "k1"))
    again = RecordStore(store.folder)
    assert tally(again, "predictions", ["k1", "k2"], by=["model"])["key"].to_list() == ["k2"]
    assert [one.path.stem for one in again.damaged()] == ["k1"]
    assert tally(again, "predictions", [], by=["model"]).schema == pl.Schema(
        {"key": pl.String, "model": pl.String, "images": pl.UInt32, "seconds": pl.Float64}
    )
