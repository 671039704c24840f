"""The cue profile as the terminal shows it: what a check doubts is marked with its name."""

from tests.study.planted import Planted, apart_of, planted_predictions

from cuelens.cli.profile_table import profile_rows
from cuelens.study.outcomes.cue_profiles import cue_profile


def test_rows_that_a_check_doubts_are_marked_with_its_name():
    kept = {"saturation": 0.5, "contrast": 0.8, "shuffle": 0.4, "borders": 0.9, "blur": 0.5}
    planted = {"mine": Planted(kept=kept, change={"borders": 0.05})}
    records = planted_predictions(planted, [(family, 4.0) for family in kept], n=60)
    columns, rows = profile_rows(cue_profile(records, apart_of({"saturation=4": (0.3, 0.01)})))
    assert columns[-1] == "control, and what doubts it"
    assert [(row[2], row[-1]) for row in rows] == [
        ("saturation=4", "contrast\n! control-is-the-condition"),
        ("shuffle=4", "borders\n! unmatched-control"),
    ]
