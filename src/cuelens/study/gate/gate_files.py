"""A gate's rulings as the files that continuous integration shows: JUnit XML and Markdown."""

from contextlib import suppress
from pathlib import Path
from xml.etree import ElementTree

from cuelens.files import write_atomically
from cuelens.study.gate.gate import Gate, Ruling

__all__ = ["forget_gate", "junit_of", "markdown_of", "write_gate"]


def forget_gate(*files: Path | None) -> None:
    """Remove what an earlier gate wrote: it is no answer of one that ends without any."""
    for file in files:
        if file is not None:
            with suppress(OSError):  # who writes there says what is wrong
                file.unlink(missing_ok=True)


def write_gate(gate: Gate, *, junit: Path | None = None, markdown: Path | None = None) -> None:
    """Write the files that are asked for.

    Raises:
        StorageError: If the disk is full or cannot be written.
    """
    if junit is not None:
        write_atomically(junit, junit_of(gate))
    if markdown is not None:
        write_atomically(markdown, markdown_of(gate))


def junit_of(gate: Gate) -> str:
    """Return the gate as JUnit XML: a test a rule and model; what is undecided is skipped."""
    suite = ElementTree.Element(
        "testsuite",
        name="cuelens gate",
        tests=str(len(gate.rulings)),
        failures=str(gate.count("fails")),
        errors="0",
        skipped=str(gate.count("undecided")),
    )
    for one in gate.rulings:
        case = ElementTree.SubElement(
            suite, "testcase", classname=f"cuelens.gate.{one.model}", name=one.rule.text, time="0"
        )
        if one.outcome == "fails":
            failure = ElementTree.SubElement(case, "failure", message=one.sentence)
            failure.text = one.sentence
        elif one.outcome == "undecided":
            ElementTree.SubElement(case, "skipped", message=one.sentence)
        else:
            ElementTree.SubElement(case, "system-out").text = one.sentence
    ElementTree.indent(suite)
    text = ElementTree.tostring(suite, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def markdown_of(gate: Gate) -> str:
    """Return the gate as a Markdown table, its sentence above and that of each ruling below."""
    against = "" if gate.baseline is None else f" against `{gate.baseline.name}`"
    return "\n".join(
        [
            f"## cuelens gate: `{gate.run.name}`{against}",
            "",
            gate.summary,
            "",
            "| rule | model | now | baseline | difference or value, 95 % | n | p (Holm) | |",
            "|---|---|--:|--:|---|--:|--:|---|",
            *(_row(one) for one in gate.rulings),
            "",
            *(f"- {_escaped(one.sentence)}" for one in gate.rulings),
            "",
        ]
    )


def _row(one: Ruling) -> str:
    before = "" if one.baseline_value is None else f"{one.baseline_value:.3f}"
    found, sign = one.estimate, "" if one.baseline_value is None else "+"
    interval = f"{found.value:{sign}.3f} [{found.low:{sign}.3f}, {found.high:{sign}.3f}]"
    outcome = f"**{one.outcome}**" if one.outcome == "fails" else one.outcome
    cells = (
        f"`{one.rule.text}`", _escaped(one.named), f"{one.value:.3f}", before, interval,
        f"{found.n:,}", f"{one.p_holm:.2g}", outcome,
    )  # fmt: skip
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _escaped(text: str) -> str:
    return text.replace("_", "\\_").replace("*", "\\*")
