"""Parts are whole or absent; a torn or altered one is named and counts as absent."""

import polars as pl
import pytest
import torch

from cuelens.errors import RecordError, StorageError
from cuelens.evaluation import SCHEMAS, RecordStore
from cuelens.evaluation.tables import table_of


def rows(count=3, model="a"):
    columns = {
        "image": [f"image {row}" for row in range(count)],
        "probabilities": [[0.25, 0.75]] * count,
        "loss": [0.1 * row for row in range(count - 1)] + [float("nan")],
        "shape": [None, *range(1, count)],
    }
    return table_of("predictions", columns, {"model": model, "draw": 7})


@pytest.mark.parametrize("table", SCHEMAS)
def test_no_parts_give_a_typed_table_without_rows(store, table):
    frame = store.read(table)
    assert frame.height == 0
    assert frame.schema == SCHEMAS[table]
    assert store.read(table, [], columns=["image", "level"]).columns == ["image", "level"]


def test_what_was_written_is_read_in_the_order_of_the_keys_asked_for(store):
    store.write("predictions", "k2", rows(model="b"))
    store.write("predictions", "k1", rows(model="a"))
    assert store.keys("predictions") == ("k1", "k2")
    assert store.read("predictions")["model"].to_list() == ["a"] * 3 + ["b"] * 3
    assert store.read("predictions", ["k2"]).equals(rows(model="b"))
    assert store.read("predictions", ["k2", "k1"], columns=["model"]).to_series().to_list() == (
        ["b"] * 3 + ["a"] * 3
    )


def test_another_process_finds_the_parts_and_how_they_were_made(store):
    store.write("predictions", "k", rows(), notes={"threads": "2"})
    again = RecordStore(store.folder)
    assert again.has("predictions", "k")
    assert not again.has("predictions", "other")
    notes = again.notes("predictions", "k")
    assert 0 <= float(notes.pop("seconds")) < 1
    assert notes == {"threads": "2"}
    assert again.read("predictions").equals(rows())


def test_a_part_notes_the_seconds_since_it_was_missed_or_another_was_written(store, monkeypatch):
    clock = iter([100.0, 101.0, 103.5, 103.6, 110.0, 110.1, 110.2])
    monkeypatch.setattr("cuelens.evaluation.records.time.monotonic", lambda: next(clock))
    store = RecordStore(store.folder)  # at 100
    assert not store.has("predictions", "a")  # at 101
    store.write("predictions", "a", rows())  # 103.5, written by 103.6
    store.write("predictions", "b", rows())  # 110.0, never asked for
    assert store.notes("predictions", "a")["seconds"] == "2.500"
    assert store.notes("predictions", "b")["seconds"] == "6.400"


def test_a_part_must_have_rows_and_the_columns_of_its_table(store):
    with pytest.raises(RecordError) as caught:
        store.write("predictions", "k", pl.DataFrame({"model": ["a"]}))
    assert str(caught.value) == (
        f"A part of `predictions` must have rows with the columns "
        f"{', '.join(SCHEMAS['predictions'])}, got 1 rows with model. Build it with `table_of`."
    )
    with pytest.raises(RecordError, match="got 0 rows with model, "):
        store.write("predictions", "k", rows().clear())


def test_a_part_that_is_asked_for_and_missing_is_named(store):
    path = store.path("predictions", "k")
    with pytest.raises(RecordError) as caught:
        store.read("predictions", ["k"])
    assert str(caught.value) == (
        f"Expected a part of the records at `{path}`, got none. "
        "Run the same command again to compute it."
    )
    with pytest.raises(RecordError, match="got none"):
        store.notes("predictions", "k")


def truncate(path):
    path.write_bytes(path.read_bytes()[:-20])


def empty(path):
    path.write_bytes(b"")


def flip(path):
    """Change one value and leave a file that every reader takes for whole."""
    frame, mark = pl.read_parquet(path), pl.read_parquet_metadata(path)["cuelens"]
    frame.with_columns(draw=pl.lit(8, pl.Int64)).write_parquet(path, metadata={"cuelens": mark})


def other_columns(path):
    pl.DataFrame({"model": ["a"]}).write_parquet(path)


def unmarked(path):
    pl.read_parquet(path).write_parquet(path)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (truncate, "must be a whole part of the records, got a torn file: "),
        (empty, "must be a whole part of the records, got a torn file: "),
        (flip, "must have the content that was written, digest "),
        (unmarked, "must have the content that was written, digest None, got "),
        (other_columns, "must have the columns of `predictions`, got model."),
    ],
)
def test_a_damaged_part_is_named_and_counts_as_absent_until_it_is_computed_anew(
    store, damage, reason
):
    store.write("predictions", "good", rows())
    store.write("predictions", "bad", rows())
    path = store.path("predictions", "bad")
    damage(path)
    store = RecordStore(store.folder)
    assert store.read("predictions").equals(rows())
    assert not store.has("predictions", "bad")
    (found,) = store.damaged()
    assert found.path == path
    assert found.reason.startswith(f"`{path}` {reason}")
    with pytest.raises(RecordError) as caught:
        store.read("predictions", ["bad"])
    assert str(caught.value) == f"{found.reason} Run the same command again to compute it."
    store.write("predictions", "bad", rows())
    assert store.has("predictions", "bad")
    assert store.read("predictions").height == 6
    assert len(store.damaged()) == 1


def test_tensors_are_kept_with_their_description_and_damage_is_found(store):
    tensors = {"maps": torch.rand(2, 3).T, "labels": torch.tensor([1, 2])}
    store.write_tensors("strips", "k", tensors, {"models": ["a"]}, notes={"threads": "2"})
    path = store.path("strips", "k")
    again = RecordStore(store.folder)
    assert again.has("strips", "k")
    assert again.keys("strips") == ("k",)
    assert again.notes("strips", "k")["threads"] == "2"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    altered = RecordStore(store.folder)
    assert not altered.has("strips", "k")
    assert "must have the content that was written" in altered.damaged()[0].reason
    path.write_bytes(content[:40])
    torn = RecordStore(store.folder)
    assert not torn.has("strips", "k")
    assert "got a torn file" in torn.damaged()[0].reason


def test_opening_a_store_removes_what_killed_processes_left(store):
    store.write("predictions", "k", rows())
    stale = store.folder / "predictions" / ".k.parquet.012345.partial"
    stale.write_bytes(b"half")
    again = RecordStore(store.folder)
    assert not stale.exists()
    assert again.keys("predictions") == ("k",)


def test_a_full_disk_keeps_the_parts_that_are_there(store, monkeypatch):
    store.write("predictions", "k", rows())

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(StorageError, match=r"needs [0-9,]+ bytes, got a full disk with"):
        store.write("predictions", "k2", rows())
    assert RecordStore(store.folder).keys("predictions") == ("k",)
