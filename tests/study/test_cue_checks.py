"""Named checks of cue profiles: whole sentences, raised and passed."""

from tests.study.planted import Planted, planted_predictions

from cuelens.study.cue_checks import check_controls
from cuelens.study.cue_profiles import cue_profile


def checks_of(kept: dict[str, float], change: dict[str, float] | None = None, level=4.0):
    """Return the checks of two models that keep these shares, by name."""
    planted = {name: Planted(kept=kept, change=change or {}) for name in ("a", "b")}
    conditions = [
        (family, None if family.endswith("grey") or family == "greyscale" else level)
        for family in kept
    ]
    records = planted_predictions(planted, conditions, n=60)
    return {check.name: check for check in check_controls(cue_profile(records))}


def test_a_control_that_was_run_and_changes_images_as_much_passes():
    checks = checks_of({"saturation": 0.5, "contrast": 0.8}, {"contrast": 0.23})
    assert [check.raised for check in checks.values()] == [False, False]
    assert checks["cue-without-control"].sentence == (
        "Every condition that takes a cue away was run with its control."
    )
    assert checks["unmatched-control"].sentence == (
        "saturation changes images by 0.200 (root mean square), its control contrast by 0.230: up "
        "to 15 % apart, within the 20 % that a matched control may differ by."
    )
    assert {check.about for check in checks.values()} == {("cue profile",)}


def test_a_cue_without_its_control_is_named_with_what_to_add():
    check = checks_of({"saturation": 0.5, "shuffle": 0.5, "borders": 0.5})["cue-without-control"]
    assert check.raised
    assert check.sentence == (
        "What a model loses under these conditions may be lost to any change of that size, so that "
        "no cue reliance is given: saturation, its control was not run: add contrast=4."
    )


def test_a_control_of_another_distance_is_doubted():
    check = checks_of({"saturation": 0.5, "contrast": 0.8}, {"contrast": 0.3})["unmatched-control"]
    assert check.raised
    assert check.sentence == (
        "saturation changes images by 0.200 (root mean square), its control contrast by 0.300: up "
        "to 50 % apart, more than the 20 % that a matched control may differ by."
    )


def test_another_grey_is_no_control_of_colour():
    check = checks_of({"greyscale": 0.5, "equal-grey": 0.5})["control-takes-the-cue"]
    assert check.raised
    assert check.sentence == (
        "equal-grey, the control of greyscale, takes the colour away too: the cue reliance is near "
        "0 whatever a model relies on. Read the retention."
    )


def test_no_cue_taken_away_needs_no_check():
    assert checks_of({}) == {}
