"""`cuelens probe`: what each layer of a network knows of shape, texture and colour."""

from typing import Annotated

import typer

from cuelens.cli.console import progress_bar, say, table
from cuelens.cli.model_options import Arch, Classes, Models, PreprocessingText, stated_of

__all__ = ["probe"]

_CUES = ("shape", "texture", "colour")


def probe(
    models: Models,
    images: Annotated[
        int, typer.Option(help="Rendered images to learn from; half as many test.")
    ] = 2000,
    layers: Annotated[
        str | None, typer.Option(help="Such as conv,stages.0; the main ones if omitted.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the images.", min=0)] = 0,
    arch: Arch = None,
    classes: Classes = None,
    preprocessing: PreprocessingText = None,
) -> None:
    """Print how well shape, texture and colour are read off each layer by a linear probe.

    The images are rendered with cues that do not tell each other, so any model will do, whatever
    its classes. That a layer knows a cue does not say that the network uses it.

    Example: cuelens probe standard.safetensors robust.safetensors
    """
    from cuelens.study import probe_files

    chosen = [name.strip() for name in layers.split(",")] if layers else None
    stated = stated_of(arch=arch, classes=classes, preprocessing=preprocessing)
    with progress_bar() as progress:
        found = probe_files(
            models, images=images, layers=chosen, seed=seed, stated=stated, progress=progress
        )
    rows = []
    for (model, layer), part in found.group_by("model", "layer", maintain_order=True):
        by_cue = {row["cue"]: row for row in part.iter_rows(named=True)}
        shown = (
            f"{row['value']:.3f} [{row['low']:.3f}, {row['high']:.3f}]"
            + ("" if row["decodable"] else " (chance)")
            for row in (by_cue[cue] for cue in _CUES)
        )
        rows.append((str(model), str(layer), f"{part['n'][0]:,}", *shown))
    table(
        "Accuracy of a linear probe by cue", ("model", "layer", "n", *_CUES), rows, name="probes",
        data=found.iter_rows(named=True),
    )  # fmt: skip
    chances = ", ".join(
        f"{chance:.3f} for {cue}"
        for cue, chance in found.unique("cue", keep="first", maintain_order=True)
        .select("cue", "chance")
        .iter_rows()
    )
    say(
        f"Chance, the share of the most frequent label: {chances}. The layer images is the pixels "
        "themselves, averaged as the layers are."
    )
