"""Tables for LaTeX: escaped, and no wider than the paper that they are set in."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from cuelens.report import ReportData
from cuelens.report.latex import _width, latex_text
from cuelens.report.overview import tables_of
from cuelens.report.tables import table_of

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


def test_latex_is_escaped() -> None:
    assert latex_text(table_of("t", "50 % of rows.", FRAME)) == (
        "\\begin{table*}\n"
        "\\caption{50 \\% of rows.}\n"
        "\\centering\\footnotesize\\setlength{\\tabcolsep}{3pt}\n"
        "\\begin{tabular}{@{}llrrr@{}}\n"
        "\\hline\n"
        "model & quantity & n & value & 95 \\% interval \\\\\n"
        "\\hline\n"
        "a\\_1 & accuracy & 2,000 & 91.4\\,\\% & {[}90.0, 93.0{]} \\\\\n"
        "\\textless{}/script\\textgreater{}\\textbar{}\\$5 \\& 100\\% & gradient\\_l1 & 31 & "
        "12.3 &  \\\\\n"
        "\\hline\n"
        "\\end{tabular}\n"
        "\\end{table*}\n"
    )


def test_a_long_table_is_set_over_several_pages() -> None:
    frame = pl.DataFrame({"n": range(100)})
    text = latex_text(table_of("t", "Long.", frame))
    assert text.count("\\begin{tabular}{@{}r@{}}") == text.count("\\begin{table}") == 3
    assert text.count("\\caption{") == 1
    assert text.count("(continued)") == 2
    assert all(f"\n{number} \\\\\n" in text for number in range(100))


def test_letters_that_latex_lacks_become_their_code() -> None:
    text = latex_text(table_of("t", "é ß 猫 \x07", pl.DataFrame({"n": [1]})))
    assert "\\caption{é ß U+732B  }" in text


def test_sentences_become_notes_and_what_is_the_same_in_every_row_goes_into_the_caption() -> None:
    why = "its control changes the images by 65 % more than it does"
    frame = pl.DataFrame(
        {"dataset": ["photos"] * 3, "cue": ["shape", "texture", "colour"], "note": [why, None, why]}
    )
    text = latex_text(table_of("t", "Three cues.", frame))
    assert "\\caption{Three cues. Dataset: photos.}" in text
    assert "shape & (1) \\\\\ntexture &  \\\\\ncolour & (1) \\\\" in text
    assert text.count("65 \\% more") == 1
    assert "(1) its control" in text.partition("\\end{tabular}")[2]


def test_a_wide_table_is_split_and_its_rows_keep_their_names() -> None:
    frame = pl.DataFrame(
        {"model": ["standard", "robust"]}
        | {f"measure {place}": [0.5, 1234.5] for place in range(20)}
    )
    text = latex_text(table_of("t", "Wide.", frame))
    assert text.count("\\begin{table*}") == 1
    parts = text.split("\\begin{tabular}{@{}l")[1:]
    assert len(parts) > 1
    assert all("\nstandard & " in part and "\nrobust & " in part for part in parts)


def test_the_cue_profile_has_a_row_a_cue_and_model_and_few_columns(
    plant: Callable[..., ReportData],
) -> None:
    text = latex_text(tables_of(plant())["cue-profile"])
    assert text.count("\\begin{tabular}{@{}") <= 2
    assert "retention" in text
    assert "structural" not in text


def test_what_is_narrow_stays_in_a_column() -> None:
    narrow = latex_text(table_of("t", "Narrow.", pl.DataFrame({"model": ["a", "b"], "n": [1, 2]})))
    assert "table*" not in narrow


@pytest.mark.parametrize(
    ("text", "points"),  # of Computer Modern at 8 points, as \settowidth measures it
    [
        ("adversarial", 40.2),
        ("88.9\N{NARROW NO-BREAK SPACE}% [86.4, 91.0]", 66.6),
        ("saturation=1024", 61.4),
        ("MINIMUM WAVE", 70.4),
        ("\N{MINUS SIGN}11.6 points", 47.3),
        ("loss-does-not-rise-with-steps", 103.9),
        ("101_ObjectCategories-test", 96.4),
    ],
)
def test_text_is_set_hardly_wider_than_is_reckoned(text: str, points: float) -> None:
    assert 0.98 * points <= _width(text) <= 1.3 * points


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
@pytest.mark.parametrize(("kind", "columns"), [("report", "twocolumn"), ("hostile", "onecolumn")])
def test_latex_compiles_and_nothing_is_wider_or_higher_than_the_page(
    kind: str, columns: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    folder = request.getfixturevalue(kind)
    inputs = "\n".join(f"\\input{{{path}}}" for path in sorted((folder / "tables").glob("*.tex")))
    source = (
        f"\\documentclass[{columns}]{{article}}\\begin{{document}}\n{inputs}\n\\end{{document}}\n"
    )
    (tmp_path / "all.tex").write_text(source, encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"],  # noqa: S607
        cwd=tmp_path, capture_output=True, check=False, timeout=120,
    )  # fmt: skip
    log = done.stdout.decode(errors="replace")
    assert done.returncode == 0, log[-2000:]
    wide = re.findall(r"Overfull .*|.*Float too large.*", log)
    assert not wide or kind == "hostile"  # whose names are words longer than a column
