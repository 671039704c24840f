"""Named checks of cue profiles: whole sentences, raised and passed."""

from tests.study.planted import Planted, apart_of, planted_predictions

from cuelens.study.checks.cue_checks import check_controls
from cuelens.study.outcomes.cue_profiles import cue_profile


def checks_of(
    kept: dict[str, float], change: dict[str, float] | None = None, level=4.0, apart=None
):
    """Return the checks of two models that keep these shares, by name."""
    planted = {name: Planted(kept=kept, change=change or {}) for name in ("a", "b")}
    conditions = [
        (family, None if family.endswith("grey") or family == "greyscale" else level)
        for family in kept
    ]
    records = planted_predictions(planted, conditions, n=60)
    controls = None if apart is None else apart_of(apart)
    return {check.name: check for check in check_controls(cue_profile(records, controls))}


def test_a_control_that_was_run_and_changes_images_as_much_passes():
    checks = checks_of({"saturation": 0.5, "contrast": 0.8}, {"contrast": 0.23})
    assert [check.raised for check in checks.values()] == [False, False]
    assert checks["cue-without-control"].sentence == (
        "Every condition that takes a cue away was run with its control."
    )
    assert checks["unmatched-control"].sentence == (
        "saturation changes images by 0.200 (root mean square, mean over levels), its control "
        "contrast by 0.230; where a level differs most, they are 15 % apart, within the 20 % "
        "that a matched control may differ by."
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
        "saturation changes images by 0.200 (root mean square, mean over levels), its control "
        "contrast by 0.300; where a level differs most, they are 50 % apart, more than the 20 % "
        "that a matched control may differ by."
    )


def test_another_grey_is_no_control_of_colour():
    check = checks_of({"greyscale": 0.5, "equal-grey": 0.5})["control-takes-the-cue"]
    assert check.raised
    assert check.sentence == (
        "equal-grey, the control of greyscale, takes the colour away too: the cue reliance is near "
        "0 whatever a model relies on. Read the retention."
    )


def test_a_control_that_is_nearly_the_same_picture_is_doubted():
    kept = {"saturation": 0.5, "contrast": 0.5}
    near = checks_of(kept, apart={"saturation=4": (0.3, 0.0099)})["control-is-the-condition"]
    assert near.raised
    assert near.about == ("cue profile",)
    assert near.sentence == (
        "Distance of saturation from its control contrast, as a share of that from the clean "
        "images (root mean square): 3 % at saturation=4; below 25 % the two are nearly the same "
        "picture, and the cue reliance there is near 0 whatever a model relies on."
    )
    sound = checks_of(kept, apart={"saturation=4": (0.2, 0.1)})["control-is-the-condition"]
    assert not sound.raised
    assert sound.sentence == (
        "Distance of saturation from its control contrast, as a share of that from the clean "
        "images (root mean square): 50 % at saturation=4; 25 % is the least at which a control "
        "tells anything."
    )
    assert "control-is-the-condition" not in checks_of(kept)


def test_no_cue_taken_away_needs_no_check():
    assert checks_of({}) == {}
