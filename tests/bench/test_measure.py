"""The benchmarks' arithmetic: fair turns, and ratios that say how many times better."""

import json

import pytest

from bench.measure import against_limit, in_turns, print_row, ratio_of


def test_turns_alternate_after_a_round_that_does_not_count():
    calls = []

    def measured(name: str) -> float:
        calls.append(name)
        return float(len(calls))

    pairs = in_turns(lambda: measured("ours"), lambda: measured("peer"), rounds=3)
    assert calls == ["ours", "peer", "ours", "peer", "peer", "ours", "ours", "peer"]
    assert pairs == [(3.0, 4.0), (6.0, 5.0), (7.0, 8.0)]


def test_a_warm_up_takes_the_place_of_the_round_that_does_not_count():
    calls = []

    def measured(name: str) -> float:
        calls.append(name)
        return 1.0

    in_turns(
        lambda: measured("ours"),
        lambda: measured("peer"),
        rounds=1,
        warm_up=lambda: measured("warm"),
    )
    assert calls == ["warm", "ours", "peer"]


def test_a_ratio_above_one_is_better_whatever_the_unit():
    pairs = [(30.0, 10.0), (20.0, 10.0), (80.0, 10.0)]
    assert ratio_of(pairs, "higher") == 3.0
    assert ratio_of(pairs, "lower") == pytest.approx(1 / 3)


def test_a_row_is_one_json_object_a_line(capsys):
    row = against_limit(
        [0.2, 0.1, 0.123456],
        bench="b",
        row="b/x/limit",
        limit=0.5,
        unit="seconds",
        threads=2,
        notes={"robust": 0.123456, "images": 100_001, "device": "cpu"},
    )
    print_row(row)
    (line,) = capsys.readouterr().out.splitlines()
    fields = json.loads(line)
    assert list(fields) == [
        "bench",
        "row",
        "ours",
        "peer",
        "peer_name",
        "ratio",
        "unit",
        "threads",
        "versions",
        "notes",
    ]
    assert (fields["ours"], fields["peer"], fields["ratio"]) == (0.1235, 0.5, 4.05)
    assert fields["notes"] == {"robust": 0.1235, "images": 100_001, "device": "cpu"}
    assert fields["versions"]["torch"].startswith("2.13.0")
