"""`cuelens explore`: play with one picture in a browser."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cuelens.cli.console import note, say, warn
from cuelens.cli.model_options import Arch, Classes, PreprocessingText, stated_of

if TYPE_CHECKING:
    from cuelens.explore import Explored

__all__ = ["explore"]

_LOOPBACK = "127.0.0.1"


def explore(
    models: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[MODEL...]",
            help="Model files, or others such as timm:NAME; those at hand, if none is named.",
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="Folder of pictures to pick from; rendered ones, if omitted."),
    ] = None,
    host: Annotated[
        str, typer.Option(help="Address to serve on; others can reach any but loopback.")
    ] = _LOOPBACK,
    port: Annotated[int, typer.Option(help="0: any that is free.", min=0, max=65535)] = 7860,
    arch: Arch = None,
    classes: Classes = None,
    preprocessing: PreprocessingText = None,
) -> None:
    """Serve a page on which sliders and an attack change a picture, and models answer at once.

    It shows what each model predicts, how sure it is and where it looks, side by side. Nothing
    leaves this machine; stop it with Ctrl-C. With no model named it shows those of a demo run in
    this folder, or those of a checkout of cuelens.

    Example: cuelens explore standard.safetensors robust.safetensors --data photos
    """
    from cuelens.explore import explore_files

    def told(served: "Explored") -> None:
        if host != _LOOPBACK:
            warn(f"Everyone who reaches {host} can use this page.")
        note(f"Models: {', '.join(served.models)}. Stop with Ctrl-C.")
        say(served.address)

    stated = stated_of(arch=arch, classes=classes, preprocessing=preprocessing)
    explore_files(models or [], stated=stated, data=data, host=host, port=port, told=told)
