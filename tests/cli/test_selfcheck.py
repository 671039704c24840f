"""`cuelens selfcheck`: a certificate, its exit code, and the report that shows it."""

from dataclasses import replace

import pytest
from tests.study.test_certificate import oracle

from cuelens.report import report_of
from cuelens.study import certificate
from cuelens.study.certificate import read_certificate

pytestmark = pytest.mark.no_cover  # whole commands and pages, whose parts have tests of their own


@pytest.fixture(autouse=True)
def without_data(monkeypatch):
    monkeypatch.delenv("CUELENS_DATA", raising=False)


def planted(monkeypatch, *oracles):
    check = certificate.selfcheck
    monkeypatch.setattr(
        "cuelens.study.selfcheck", lambda **options: check(oracles=oracles, **options)
    )


def test_a_certificate_is_printed_and_written_into_a_run_whose_report_shows_it(
    tiny_copy, cuelens, monkeypatch
):
    planted(monkeypatch, oracle("attacks/linear"))
    done = cuelens("selfcheck", "--out", tiny_copy)
    assert done.code == 0, done.err
    assert "attacks/linear" in done.out
    assert done.out.splitlines()[-2:] == [
        "1 of 1 oracles passed, in 0 s.",
        str((tiny_copy / "certificate.json").resolve()),
    ]
    assert read_certificate(tiny_copy).passed
    page = report_of(tiny_copy).read_text(encoding="utf-8")
    assert "Checked on this machine" in page
    assert "1 of 1 oracles passed" in page
    assert (tiny_copy / "tables" / "certificate.csv").is_file()


def test_a_place_that_cannot_be_written_is_told_before_anything_is_asked(
    tmp_path, cuelens, monkeypatch
):
    def look():
        raise AssertionError("asked")

    planted(monkeypatch, replace(oracle("a"), look=look))
    (tmp_path / "taken").write_bytes(b"")
    done = cuelens("selfcheck", "--out", tmp_path / "taken" / "certificate.json")
    assert done.code == 2
    assert "must be a place that can be written" in done.err
    assert "FAILED" not in done.out


def test_a_run_without_a_certificate_shows_none(tiny_copy):
    assert "Checked on this machine" not in report_of(tiny_copy).read_text(encoding="utf-8")


def test_an_oracle_that_fails_ends_with_exit_code_1_and_the_report_warns(
    tiny_copy, cuelens, monkeypatch
):
    planted(monkeypatch, oracle("a"), oracle("b", passed=False))
    done = cuelens("selfcheck", "--out", tiny_copy)
    assert done.code == 1
    assert "FAILED" in done.out
    page = report_of(tiny_copy).read_text(encoding="utf-8")
    assert "are not to be trusted until it is known why" in page


@pytest.mark.slow
def test_all_oracles_take_less_than_a_minute(cuelens):
    done = cuelens("selfcheck")
    assert done.code == 0, done.out
    seconds = int(done.out.splitlines()[-1].split(" in ")[1].split()[0])
    assert seconds < 60
