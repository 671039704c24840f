"""`cuelens gate`: fail a job when a model's cues got worse, and only when they surely did."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cuelens.cli.console import say, table

if TYPE_CHECKING:
    from cuelens.study.gate.gate import Ruling

__all__ = ["gate"]


def gate(
    run: Annotated[Path, typer.Argument(help="Folder of a study, an evaluation or an attack.")],
    rule: Annotated[
        list[str], typer.Option(help="Such as 'shape_bias >= baseline - 0.05'; may be repeated.")
    ],
    baseline: Annotated[
        Path | None, typer.Option(help="Folder of the run that rules compare with.")
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(help="A model, or NEW=OLD; if omitted, all that both runs hold."),
    ] = None,
    dataset: Annotated[
        str | None, typer.Option(help="Data set of the quantities, where there are several.")
    ] = None,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML into this file.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="Write a summary into this file.")] = None,
) -> None:
    """Hold a run against rules, its images against the same images of a baseline.

    Rules are QUANTITY >= baseline - NUMBER, or QUANTITY >= NUMBER; <= as well. Quantities are
    accuracy, accuracy[CONDITION], retention[CONDITION], robust_accuracy[ATTACK], shape_bias and
    cue_reliance[FAMILY].

    Exit code 1: a rule fails, its interval wholly on the wrong side (95 %, Holm over all rules).
    Exit code 0: none fails, though some may be undecided. Exit code 2: there is no answer, since a
    rule cannot be read, records are missing, or the images are not the same.

    Example: cuelens gate runs/new --baseline runs/old --rule 'accuracy >= baseline - 0.02'
    """
    from cuelens.study import forget_gate, run_gate, write_gate

    forget_gate(junit, markdown)
    found = run_gate(run, rule, baseline=baseline, models=model or (), dataset=dataset)
    write_gate(found, junit=junit, markdown=markdown)
    rows = []
    for one in found.rulings:
        before = "" if one.baseline_value is None else f"{one.baseline_value:.3f}"
        estimate = one.estimate
        interval = f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"
        rows.append(
            (one.rule.text, one.named, f"{one.value:.3f}", before, interval, f"{estimate.n:,}",
             f"{one.p_holm:.2g}", one.outcome)
        )  # fmt: skip
    columns = ("rule", "model", "now", "baseline", "difference or value", "n", "p (Holm)", "")
    table("Gate", columns, rows, name="rulings", data=map(_ruling, found.rulings))
    for one in found.rulings:
        if one.outcome != "holds":
            say(f"{one.rule.text}: {one.sentence}")
    say(found.summary)
    if not found.passed:
        raise typer.Exit(1)


def _ruling(one: "Ruling") -> dict[str, Any]:
    """Return a ruling for programs."""
    return {
        "rule": one.rule.text,
        "model": one.model,
        "baseline_model": one.baseline_model,
        "now": one.value,
        "baseline": one.baseline_value,
        "n": one.estimate.n,
        "value": one.estimate.value,
        "low": one.estimate.low,
        "high": one.estimate.high,
        "p_holm": one.p_holm,
        "outcome": one.outcome,
    }
