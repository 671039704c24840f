"""Images out, answers in, and how many of them a study needs, on the command line."""

import polars as pl


def test_images_go_out_and_answers_come_in(tiny_copy, tmp_path, cuelens):
    out = tmp_path / "images"
    done = cuelens("export", tiny_copy, "--out", out, "--conditions", "clean,shuffle=2")
    assert done.code == 0, done.err
    told, count, place = done.out.splitlines()
    assert told == "8 bits a channel hold these images exactly."
    assert (count, place) == ("125 images", str((out / "manifest.csv").resolve()))
    answers = pl.read_csv(out / "manifest.csv").select("id", "condition", prediction="class")
    answers.write_csv(tmp_path / "answers.csv")
    done = cuelens("import", tmp_path / "answers.csv", "--into", tiny_copy, "--model", "oracle")
    assert done.code == 0, done.err
    assert done.out.splitlines() == [
        "125 answers of oracle under 3 conditions",
        str((tiny_copy / "report.html").resolve()),
    ]
    assert done.err.splitlines() == [
        (
            "Warning: not answered under saturation=8, saturation=16, saturation=64, "
            "saturation=1024, shuffle=4: not known there."
        )
    ]
    words = ["--out", tmp_path / "saturated", "--conditions", "saturation=8"]
    told = cuelens("export", tiny_copy, *words).out
    assert told.startswith("8 bits a channel moved pixels by at most 0.00")
    models = pl.read_csv(tiny_copy / "tables" / "models.csv")
    assert models.filter(model="oracle")["clean accuracy: value"].to_list() == [1.0]


def test_a_data_folder_goes_out_as_arrays(pictures, tmp_path, cuelens):
    done = cuelens(
        "export", pictures, "--out", tmp_path / "out", "--format", "npz", "--conditions",
        "greyscale",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert done.out.splitlines()[0] == "40 images"


def test_the_power_of_a_study_is_printed(tiny_file, cuelens):
    done = cuelens("study", "power", tiny_file)
    assert done.code == 0, done.err
    lines = [line for line in done.out.splitlines() if "saturation" in line]
    assert "+0.040 (2 x margin)" in lines[0]
    assert "+0.060 (3 x margin)" in lines[1]
    told = done.out.splitlines()
    for column in ("true effect", "images 80 %", "seeds 80 %", "spread", "correlation", "basis"):
        assert [line for line in told if line.startswith(column)], column
    assert done.err.startswith("Warning: No model of this study has the role `underfit`, so the ")
    assert done.err.count("underfit`") == 1
    assert "Holm's strictest level (0.0050 one-sided)" in done.out
    assert "clean 0.8, retention 0.6" in done.out.replace("\n", " ")
