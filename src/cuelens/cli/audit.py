"""`cuelens audit`: which cues models rely on, how robust they are, what they look at."""

from pathlib import Path
from typing import Annotated

import typer

from cuelens.cli.conditions import conditions_of
from cuelens.cli.console import progress_bar, radius_of, result_rows, say, table, warn
from cuelens.cli.findings import fault_sentences
from cuelens.cli.model_options import Models
from cuelens.cli.profile_table import PROFILE_TITLE, profile_rows

__all__ = ["audit"]


def audit(
    models: Models,
    data: Annotated[str, typer.Option(help="Labelled images: a folder, a file or an address.")],
    conditions: Annotated[
        str | None,
        typer.Option(
            help="Such as saturation=8,contrast=8; if omitted, what suits the images' size."
        ),
    ] = None,
    radius: Annotated[
        str | None,
        typer.Option(
            help="Of the attacks: Linf, in units of the pixel range.",
            show_default="8/255, from 64 pixels on 4/255",
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            help="Use so many images, drawn by chance.", min=2, show_default="500, 100 if quick"
        ),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="A first look: fewer images, conditions and maps.")
    ] = False,
    out: Annotated[Path, typer.Option(help="Folder of report, tables and records.")] = Path(
        "runs/audit"
    ),
    seed: Annotated[int, typer.Option(help="Keys every draw.", min=0)] = 0,
) -> None:
    """Audit models on images: one report, faults on top, that goes on where it was stopped.

    Example: cuelens audit robust.safetensors standard.safetensors --data photos
    """
    from dataclasses import replace

    from cuelens.report import audit_files
    from cuelens.study.audit import Extent

    extent = Extent.quick() if quick else Extent()
    with progress_bar() as progress:
        found = audit_files(
            models,
            data,
            out=out,
            extent=extent if limit is None else replace(extent, images=limit),
            conditions=None if conditions is None else conditions_of(conditions),
            radius=None if radius is None else radius_of(radius),
            seed=seed,
            progress=progress,
        )
    for sentence in fault_sentences(found.preflights):
        warn(sentence)
    columns, rows = profile_rows(found.profile)
    if rows:
        profile = found.profile.iter_rows(named=True)
        table(PROFILE_TITLE, columns, rows, name="profile", data=profile)
    table(
        "Right under attack",
        ("model", "attack", "n", "right", "broken"),
        result_rows(found.attacks),
        name="attacks",
        data=found.attacks.iter_rows(named=True),
    )
    say(found.page.resolve())
