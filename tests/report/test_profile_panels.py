"""The cue profile of a report: charts, tables and doubts."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from cuelens.errors import RecordError
from cuelens.report import Check, ReportData
from cuelens.report.page import groups_of
from cuelens.report.profile_panels import difference_table, profile_groups, profile_table


def plain(text: str) -> str:
    return text.replace("\N{NARROW NO-BREAK SPACE}", " ")


def test_the_profile_comes_first_with_what_it_is_made_of(
    plant: Callable[..., ReportData],
) -> None:
    group = groups_of(plant())[0]
    assert (group.key, group.section, group.title) == ("cue-profile", "Cue profile", "Cue profile")
    reliance, kept = (panel.chart for panel in group.panels)
    values = reliance.spec["datasets"]
    rows = [row for part in values.values() for row in part if "place" in row]
    assert list(dict.fromkeys(row["place"] for row in rows)) == [
        "Texture: saturation",
        "Shape and layout: patch shuffle",
    ]
    assert plain(reliance.alt).startswith(
        "Cue reliance. standard (n = 1,800 each): Texture: saturation: 22.6 % [20.6, 24.6]; Shape "
    )
    places = [row["place"] for part in kept.spec["datasets"].values() for row in part]
    assert list(dict.fromkeys(places)) == [
        "Saturation", "Saturation: control", "Patch shuffle", "Patch shuffle: control",
    ]  # fmt: skip


def test_a_row_that_a_check_doubts_says_so(plant: Callable[..., ReportData]) -> None:
    data = plant()
    first = pl.int_range(pl.len()) == 0  # of one model alone
    doubts = pl.when(first).then(["unmatched-control"]).otherwise(pl.col("doubts"))
    (group,) = profile_groups(replace(data, profile=data.profile.with_columns(doubts=doubts)))
    places = [
        row["place"]
        for part in group.panels[0].chart.spec["datasets"].values()
        for row in part
        if "place" in row
    ]
    assert set(places) == {"Texture: saturation (doubted)", "Shape and layout: patch shuffle"}


def test_a_reliance_below_zero_is_on_the_chart(plant: Callable[..., ReportData]) -> None:
    data = plant()
    lower = data.profile.with_columns(pl.col("value", "low", "high") - 0.5)
    (group,) = profile_groups(replace(data, profile=lower))
    spec = group.panels[0].chart.spec
    points = next(layer for layer in spec["layer"] if layer["mark"]["type"] == "point")
    assert points["encoding"]["x"]["scale"] == {"zero": True, "nice": True}
    assert spec["layer"][0]["mark"]["style"] == "guide"  # a line at zero


def test_data_sets_have_groups_of_their_own_and_no_reliance_no_group(
    plant: Callable[..., ReportData],
) -> None:
    data = plant()
    both = pl.concat([data.profile, data.profile.with_columns(dataset=pl.lit("other"))])
    groups = profile_groups(replace(data, profile=both))
    assert [group.title for group in groups] == ["test", "other"]
    assert len({panel.chart.name for group in groups for panel in group.panels}) == 4
    assert profile_table(both).header[0] == "dataset"
    assert profile_groups(replace(data, profile=data.profile.filter(family="greyscale"))) == ()


def test_the_table_has_every_number_and_says_what_to_add(
    plant: Callable[..., ReportData],
) -> None:
    table = profile_table(plant().profile)
    assert len(table.rows) == 9
    shown = dict(zip(table.header, map(plain, table.rows[0]), strict=True))
    assert shown["cue reliance"] == "22.6 %"
    assert shown["95 % interval"] == "[20.6, 24.6]"
    assert (shown["condition"], shown["control"], shown["n"]) == ("saturation", "contrast", "1,800")
    assert plain(table.rows[0][8]) == "71.8 % [69.8, 73.8]"
    assert shown["levels"] == "1, 4, 8, 16, 64, 1,024"
    grey = table.rows[-1]
    assert grey[table.header.index("note")] == "its control was not run: add equal-grey"
    assert grey[table.header.index("cue reliance")] == "\N{EN DASH}"
    assert [table.header[k] for k, number in enumerate(table.numeric) if not number] == [
        "cue", "condition", "control", "model", "note", "levels",
    ]  # fmt: skip


def test_the_files_hold_the_numbers_in_full(report: Path) -> None:
    rows = json.loads((report / "tables" / "cue-profile.json").read_text(encoding="utf-8"))["rows"]
    assert rows[0]["levels"] == [1.0, 4.0, 8.0, 16.0, 64.0, 1024.0]
    assert rows[0]["control_corrected_low"] == pytest.approx(0.8926, abs=1e-3)
    csv = (report / "tables" / "cue-profile.csv").read_text(encoding="utf-8")
    assert csv.splitlines()[0].startswith("model,dataset,cue,family,control,levels,n,retention,")
    page = (report / "report.html").read_text(encoding="utf-8")
    assert 'href="tables/cue-profile.tex"' in page


def test_differences_of_cue_reliance_stand_alone(plant: Callable[..., ReportData]) -> None:
    table = difference_table(plant().comparisons)
    (row,) = table.rows
    shown = dict(zip(table.header, row, strict=True))
    assert shown["condition"] == "saturation against contrast"
    assert shown["difference"] == "\N{MINUS SIGN}20.0"
    assert difference_table(pl.DataFrame()).rows == ()


def test_it_is_said_which_images_an_n_counts(plant: Callable[..., ReportData]) -> None:
    data = plant()
    (group,) = profile_groups(data)
    of_a_model = "n: images that the model gets right when clean."
    assert group.sentence.endswith(of_a_model)
    assert profile_table(data.profile).caption.endswith(of_a_model)
    of_two = "n: images that either model gets right when clean."
    assert difference_table(data.comparisons).caption.endswith(of_two)


@pytest.mark.usefixtures("undrawn")
def test_a_doubt_about_the_profile_stands_beside_it(
    plant: Callable[..., ReportData], tmp_path: Path
) -> None:
    from cuelens.report import write_report

    check = Check(name="unmatched-control", raised=True, sentence="Apart.", about=("cue profile",))
    write_report(plant(checks=(check,)), tmp_path)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    section = page[page.index(">Cue profile</h2>") : page.index(">Distorted images</h2>")]
    assert "unmatched-control" in section


def test_a_column_that_the_profile_lacks_is_named(plant: Callable[..., ReportData]) -> None:
    data = plant()
    with pytest.raises(RecordError) as caught:
        replace(data, profile=data.profile.drop("apart"))
    assert str(caught.value).startswith("`profile` must have the columns model, dataset, cue, ")
    assert str(caught.value).endswith(
        "got none called apart. Summarise the records again with this version."
    )
