"""`cuelens inspect`: what cuelens understood of a model, and what is wrong with it."""

from typing import TYPE_CHECKING, Annotated

import typer

from cuelens.cli.console import note, progress_bar, say, table, warn
from cuelens.cli.findings import FINDINGS_TITLE, fault_sentences, finding_rows
from cuelens.cli.model_options import Arch, Classes, PreprocessingText, stated_of

if TYPE_CHECKING:
    from cuelens.study.models.inspection import Inspection

__all__ = ["inspect"]

_FEW_CLASSES = 8


def inspect(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model file, or an address.")],
    data: Annotated[
        str | None, typer.Option(help="Labelled images: then the pre-flight is flown.")
    ] = None,
    limit: Annotated[
        int, typer.Option(help="Look at so many images, drawn by chance.", min=2)
    ] = 200,
    arch: Arch = None,
    classes: Classes = None,
    preprocessing: PreprocessingText = None,
    seed: Annotated[int, typer.Option(help="Keys the choice of images.", min=0)] = 0,
) -> None:
    """Say what cuelens understood of a model; with images, look for faults that nobody sees.

    Exit code 1 where a fault was found.

    Example: cuelens inspect robust.safetensors --data data
    """
    from cuelens.study.adhoc.inspecting import inspect_address

    stated = stated_of(arch=arch, classes=classes, preprocessing=preprocessing)
    with progress_bar() as progress:
        found = inspect_address(
            model, data=data, limit=limit, stated=stated, seed=seed, progress=progress
        )
    _tell(found)
    if any(one.raised for one in found.findings):
        raise typer.Exit(code=1)


def _tell(found: "Inspection") -> None:
    content = found.content()
    layers, findings = content.pop("layers"), content.pop("findings")
    names, count = found.class_names, len(found.class_names)
    first = ", ".join(names[:_FEW_CLASSES]) + (", ..." if count > _FEW_CLASSES else "")
    work = (
        "not known"
        if found.operations is None
        else f"{found.operations / 1e9:.3g} billion at {found.side} pixels"
    )
    table(
        found.name,
        ("what", "understood"),
        [
            *found.origin.items(),
            ("network", found.network),
            ("parameters", f"{found.parameters:,}"),
            ("operations an image", work),
            *((f"input: {name}", words) for name, words in found.input.items()),
            ("classes", f"{count:,}: {first}"),
            ("fingerprint", found.fingerprint),
        ],
        name="model",
        data=[content],
    )
    table(
        "Main layers, whose names methods such as Grad-CAM take",
        ("layer", "kind", "parameters"),
        [(one.name, one.kind, f"{one.parameters:,}") for one in found.layers],
        name="layers",
        data=layers,
    )
    if not found.findings:
        note("No images were given: `--data FOLDER` looks for faults that nobody sees.")
        return
    say(found.images)
    flown = {found.name: found.findings}
    columns, rows = finding_rows(flown)
    shown = [row[1:] for row in rows]
    table(FINDINGS_TITLE, columns[1:], shown, name="findings", data=findings)
    for sentence in fault_sentences(flown):
        warn(sentence)
