"""`cuelens compare`: the clearest differences, what doubts them, and one sentence for none."""

import json

import pytest
from tests.study.gate.test_gate import network, run_of


@pytest.fixture
def runs(tmp_path):
    old = run_of(tmp_path / "old", {"standard": network()}, n=300)
    return run_of(tmp_path / "new", {"standard": network(kept=0.1, clean=0.1)}, n=300), old


def test_the_table_says_what_doubts_a_difference(runs, cuelens, tmp_path):
    done = cuelens("compare", *runs, "--out", tmp_path / "compare")
    assert (done.code, done.err) == (0, "")
    assert "Clearest differences" in done.out
    assert "! near-chance" in done.out
    *_, networks, headline, page = done.out.splitlines()
    assert networks == "standard is the same network in both runs, by fingerprint."
    assert headline.startswith("new against old: ")
    assert page == str(tmp_path / "compare" / "compare.html")


def test_a_run_against_itself_lists_nothing_and_says_so(runs, cuelens, tmp_path):
    place = ["--out", tmp_path / "compare"]
    done = cuelens("compare", runs[0], runs[0], *place)
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "standard is the same network in both runs, by fingerprint.\n"
        "new against new: no difference in 6 comparisons\n"
        f"{tmp_path / 'compare' / 'compare.html'}\n"
    )
    told = json.loads(cuelens("compare", runs[0], runs[0], *place, "--json").out)
    (table,) = told["tables"]
    assert table["name"] == "differences"
    assert {row["difference"] for row in table["rows"]} == {0.0}
