"""Named checks of cue profiles: is there a control, and is it one?

It reads the table of `cue_profiles`; the checks of verdicts are in `checks`.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from cuelens.study.checks.checks import Check
from cuelens.study.outcomes.cue_profiles import LEAST_SHARE, MATCHED, TAKEN_TOO

__all__ = ["CUE_PROFILE", "check_controls", "check_matched"]

CUE_PROFILE = "cue profile"
"""The name under which checks of the profile doubt it."""


def check_controls(profile: pl.DataFrame) -> tuple[Check, ...]:
    """Return the checks of a cue profile: one a condition, whatever the number of models.

    Args:
        profile: From `cue_profile`.

    Returns:
        `cue-without-control` for each data set; `unmatched-control` for each family whose control
        was run and whose distances are known; `control-is-the-condition` for each whose distance
        from its control was measured; `control-takes-the-cue` where it does.
    """
    checks: list[Check] = []
    for _, part in profile.group_by("dataset", maintain_order=True):
        families = part.unique("family", keep="first", maintain_order=True)
        checks += _of_families(families.to_dicts())
    return tuple(checks)


def _of_families(rows: Sequence[dict[str, Any]]) -> Iterator[Check]:
    alone = [row for row in rows if row["retention"] is not None and row["value"] is None]
    sentence = "Every condition that takes a cue away was run with its control."
    if alone:
        each = "; ".join(f"{row['family']}, {row['note']}" for row in alone)
        sentence = (
            "What a model loses under these conditions may be lost to any change of that size, so "
            f"that no cue reliance is given: {each}."
        )
    yield Check(
        name="cue-without-control", raised=bool(alone), sentence=sentence, about=(CUE_PROFILE,)
    )
    for row in rows:
        if row["family"] in TAKEN_TOO and row not in alone:
            sentence = (
                f"{row['control']}, the control of {row['family']}, takes the {row['cue']} away "
                "too: the cue reliance is near 0 whatever a model relies on. Read the retention."
            )
            yield Check(
                name="control-takes-the-cue", raised=True, sentence=sentence, about=(CUE_PROFILE,)
            )
        if row["apart"] is not None:
            yield check_matched(
                (row["family"], row["change"]),
                (row["control"], row["control_change"]),
                row["apart"],
                about=(CUE_PROFILE,),
            )
        if any(share is not None for share in row["shares"] or ()):
            yield _check_distinct(row)


def _check_distinct(row: dict[str, Any]) -> Check:
    """Return `control-is-the-condition`: its images must be other pictures than its control's."""
    names = [f"{row['family']}={level:g}" for level in row["levels"]] or [row["family"]]
    known = {
        name: share for name, share in zip(names, row["shares"], strict=True) if share is not None
    }
    near = {name: share for name, share in known.items() if share < LEAST_SHARE}
    each = ", ".join(f"{100 * share:.0f} % at {name}" for name, share in (near or known).items())
    sentence = (
        f"Distance of {row['family']} from its control {row['control']}, as a share of that from "
        f"the clean images (root mean square): {each}"
    )
    if near:
        sentence += (
            f"; below {100 * LEAST_SHARE:.0f} % the two are nearly the same picture, and the cue "
            "reliance there is near 0 whatever a model relies on."
        )
    else:
        sentence += f"; {100 * LEAST_SHARE:.0f} % is the least at which a control tells anything."
    return Check(
        name="control-is-the-condition", raised=bool(near), sentence=sentence, about=(CUE_PROFILE,)
    )


def check_matched(
    condition: tuple[str, float],
    control: tuple[str, float],
    apart: float,
    about: Sequence[str],
) -> Check:
    """Return `unmatched-control`: condition and control must change images as far, to 20 %.

    Args:
        condition: Its name and the root-mean-square change of its images, mean over levels.
        control: Likewise.
        apart: The largest share by which the two differ at a level.
        about: What it doubts.
    """
    wide = apart > MATCHED + 1e-9
    sentence = (
        f"{condition[0]} changes images by {condition[1]:.3f} (root mean square, mean over "
        f"levels), its control {control[0]} by {control[1]:.3f}; where a level differs most, they "
        f"are {100 * apart:.0f} % apart, "
        + ("more than" if wide else "within")
        + f" the {100 * MATCHED:.0f} % that a matched control may differ by."
    )
    return Check(name="unmatched-control", raised=wide, sentence=sentence, about=tuple(about))
