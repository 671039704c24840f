"""The tables of two runs side by side."""

from dataclasses import replace

from cuelens.report.compared_tables import _verdicts
from cuelens.study.plan.stated_claims import PAPER_CLAIMS
from cuelens.study.verdicts.verdicts import Verdict


def test_both_runs_say_why() -> None:
    before = Verdict(
        claim=PAPER_CLAIMS[0], outcome="for", sentence="For: 4 more.", effects=(), missing=(),
        p=0.0, p_holm=0.0, family_size=1, disagree=(), checks=(),
    )  # fmt: skip
    now = replace(before, outcome="against", sentence="Against: 4 less.")
    table = _verdicts([(now, before), (None, before)])
    assert table.header == ("claim", "baseline", "run", "why in the baseline", "why in the run")
    assert [row[1:] for row in table.rows] == [
        ("for", "against", "For: 4 more.", "Against: 4 less."),
        ("for", "not stated", "For: 4 more.", ""),
    ]
