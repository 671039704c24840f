"""Tables: the same rows in four forms, whole."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import polars as pl

from cuelens.report import ReportData
from cuelens.report.overview import tables_of
from cuelens.report.tables import table_of
from cuelens.report.written import csv_text, json_text, markdown_text

FRAME = pl.DataFrame(
    {
        "model": ["a_1", "</script>|$5 & 100%"],
        "quantity": ["accuracy", "gradient_l1"],
        "n": [2000, 31],
        "value": [0.914, 12.34567],
        "low": [0.9, float("nan")],
        "high": [0.93, None],
    }
)


def plain(text: str) -> str:
    return text.replace("\N{NARROW NO-BREAK SPACE}", " ")


def test_a_table_shows_a_number_with_its_interval_and_its_unit() -> None:
    table = table_of("t", "Two rows.", FRAME)
    assert table.header == ("model", "quantity", "n", "value", "95 % interval")
    assert [plain(" ; ".join(row)) for row in table.rows] == [
        "a_1 ; accuracy ; 2,000 ; 91.4 % ; [90.0, 93.0]",
        "</script>|$5 & 100% ; gradient_l1 ; 31 ; 12.3 ; ",
    ]
    assert table.numeric == (False, False, True, True, True)


def test_csv_holds_the_numbers_in_full() -> None:
    rows = list(csv.DictReader(io.StringIO(csv_text(table_of("t", "Two rows.", FRAME)))))
    assert rows == [
        {"model": "a_1", "quantity": "accuracy", "n": "2000", "value": "0.914", "low": "0.9",
         "high": "0.93"},
        {"model": "</script>|$5 & 100%", "quantity": "gradient_l1", "n": "31",
         "value": "12.34567", "low": "NaN", "high": ""},
    ]  # fmt: skip


def test_json_holds_the_numbers_in_full_and_no_nan() -> None:
    assert json.loads(json_text(table_of("t", "Two rows.", FRAME))) == {
        "name": "t",
        "caption": "Two rows.",
        "columns": ["model", "quantity", "n", "value", "low", "high"],
        "rows": [
            {"model": "a_1", "quantity": "accuracy", "n": 2000, "value": 0.914, "low": 0.9,
             "high": 0.93},
            {"model": "</script>|$5 & 100%", "quantity": "gradient_l1", "n": 31,
             "value": 12.34567, "low": None, "high": None},
        ],
    }  # fmt: skip


def test_nested_cells_are_written_as_json() -> None:
    table = table_of("t", "Lists.", pl.DataFrame({"name": ["a"], "levels": [[1.0, 2.0]]}))
    assert csv_text(table) == 'name,levels\na,"[1.0, 2.0]"\n'
    assert json.loads(json_text(table))["rows"] == [{"name": "a", "levels": [1.0, 2.0]}]


def test_markdown_is_escaped() -> None:
    assert plain(markdown_text(table_of("t", "Two_rows.", FRAME))) == (
        "Two\\_rows.\n\n"
        "| model | quantity | n | value | 95 % interval |\n"
        "| :-- | :-- | --: | --: | --: |\n"
        "| a\\_1 | accuracy | 2,000 | 91.4 % | [90.0, 93.0] |\n"
        "| &lt;/script&gt;\\|$5 &amp; 100% | gradient\\_l1 | 31 | 12.3 |  |\n"
    )


def test_retention_and_accuracy_have_a_row_a_condition_and_a_column_a_model(
    plant: Callable[..., ReportData],
) -> None:
    table = tables_of(plant())["retention"]
    assert table.header == ("dataset", "condition", "standard", "adversarial", "underfit", "n")
    rows = {row[1]: row for row in table.rows}
    assert [plain(cell) for cell in rows["saturation=1024"]] == [
        "test", "saturation=1024", "43.0 % [40.7, 45.3]", "74.0 % [71.9, 76.1]",
        "49.0 % [46.6, 51.4]", "1,828 / 1,692 / 1,698",
    ]  # fmt: skip
    assert table.frame["adversarial: value"].null_count() == 0


def test_the_models_table_tells_what_was_not_measured(plant: Callable[..., ReportData]) -> None:
    from dataclasses import replace

    data = plant()
    models = (replace(data.models[0], robust=None), *data.models[1:])
    table = tables_of(replace(data, models=models))["models"]
    assert table.header[:3] == (
        "model",
        "clean accuracy (n = 2,000)",
        "robust accuracy (n = 1,000)",
    )
    assert [row[2].split("\N{NARROW NO-BREAK SPACE}")[0] for row in table.rows] == [
        "not measured", "47.8", "3.4",
    ]  # fmt: skip


def test_the_verdicts_table_keeps_claims_that_were_not_measured(
    plant: Callable[..., ReportData],
) -> None:
    table = tables_of(plant())["verdicts"]
    assert [row[1] for row in table.rows] == [*["for"] * 4, *["undecided"] * 2, "not measured"]
    assert table.rows[0][7:10] == ("2.0 points", "+24.5 points", "[22.7, 26.3]")
    assert table.frame["difference"].to_list()[-1] is None


def test_every_table_is_written_in_every_form(report: Path) -> None:
    names = {path.name for path in (report / "tables").iterdir()}
    tables = [
        "accuracy", "answers", "checks", "comparisons", "cue-differences", "cue-profile",
        "dose-response", "error-consistency", "everything", "models", "retention", "salience",
        "salience-agreement", "salience-differences",
        "settings", "verdicts", "versions",
    ]  # fmt: skip
    assert names == {f"{table}.{form}" for table in tables for form in ("csv", "tex", "md", "json")}
    everything = (report / "tables" / "everything.csv").read_text(encoding="utf-8")
    assert len(everything.splitlines()) == 274
