"""The cue profile as `cuelens evaluate` prints it."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

__all__ = ["PROFILE_TITLE", "profile_rows"]

PROFILE_TITLE = "Cue reliance: what is lost without a cue beyond its control, corrected for chance"


def profile_rows(profile: "pl.DataFrame") -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return column names and rows of the cue reliances that are known, doubted ones marked.

    Args:
        profile: From `cue_profile`.
    """
    columns = (
        "model", "cue", "condition", "n", "cue reliance", "retention", "under the control",
        "control, and what doubts it",
    )  # fmt: skip
    return columns, [
        (
            row["model"],
            row["cue"],
            _condition(row),
            f"{row['n']:,}",
            f"{row['value']:.3f} [{row['low']:.3f}, {row['high']:.3f}]",
            _interval(row, "retention"),
            _interval(row, "control_retention"),
            "\n".join([row["control"], *(f"! {name}" for name in row["doubts"])]),
        )
        for row in profile.iter_rows(named=True)
        if row["value"] is not None
    ]


def _condition(row: dict[str, Any]) -> str:
    """Return the family with the levels that count."""
    levels = ",".join(f"{level:g}" for level in row["levels"])
    return f"{row['family']}={levels}" if levels else str(row["family"])


def _interval(row: dict[str, Any], name: str) -> str:
    return f"{row[name]:.3f} [{row[f'{name}_low']:.3f}, {row[f'{name}_high']:.3f}]"
