"""What a pre-flight found, as rows of a table."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cuelens.study.preflight import Finding

__all__ = ["FINDINGS_TITLE", "fault_sentences", "finding_rows"]

FINDINGS_TITLE = "Pre-flight: what was measured, and what to do about it"
_COLUMNS = ("model", "finding", "result", "measured", "fix")


def finding_rows(
    found: Mapping[str, Sequence["Finding"]],
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return the columns and the rows of a table of findings.

    Args:
        found: Findings by the name of the model.
    """
    rows: list[tuple[str, ...]] = [
        (model, one.name, one.check(model).result, one.sentence, one.fix)
        for model, own in found.items()
        for one in own
    ]
    return _COLUMNS, rows


def fault_sentences(found: Mapping[str, Sequence["Finding"]]) -> list[str]:
    """Return a sentence for each fault: its name, what was measured and the fix."""
    return [
        f"{one.name}: {one.check(model).sentence}"
        for model, own in found.items()
        for one in own
        if one.raised
    ]
