"""`cuelens build`: write a distorted copy of a data set."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from cuelens.cli.console import fail, progress_bar, say, warn
from cuelens.cli.verbs import Verbs

if TYPE_CHECKING:
    from cuelens.builders import Built

__all__ = ["app"]

_COPY = "ADJECTIVE"
"""The command that every other first word means."""


class _Verbs(TyperGroup):
    """Takes a first word that is no command for an adjective."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that the words name, and its words."""
        if args and args[0] not in self.commands:
            return "", self.commands[_COPY], args
        return super().resolve_command(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the help and, below it, every condition."""
        self.epilog = _conditions()
        super().format_help(ctx, formatter)


def _conditions() -> str:
    """Return the adjectives that name conditions, a paragraph for what each takes away."""
    from cuelens.evaluation import FAMILIES
    from cuelens.evaluation.family import CUES_TAKEN

    named = {
        cue: ", ".join(family.adjective for family in FAMILIES.values() if family.cue == cue)
        for cue in CUES_TAKEN
    }
    return "\n\n".join(
        f"{'Controls' if cue == 'none' else f'Less {cue}'}: {words}" for cue, words in named.items()
    )


app = Verbs(
    cls=_Verbs,
    no_args_is_help=True,
    subcommand_metavar="ADJECTIVE SOURCE OUT | cue-conflict SOURCE OUT | preview IMAGE",
    help="Write a distorted copy of a data set, in the same layout, lossless.\n\n"
    "Example: cuelens build saturated pictures pictures-saturated --level 8\n\n"
    "`cuelens build saturated --help` lists the options, `cuelens build preview IMAGE` shows "
    "every condition.",
)


@app.command(_COPY, hidden=True)
def copy(
    adjective: Annotated[
        str,
        typer.Argument(
            metavar="ADJECTIVE",
            help="Such as saturated or stylized; `cuelens build --help` names every one.",
        ),
    ],
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="FOLDER/CLASS/IMAGE, or train, val, test on top; CIFAR-10; Tiny ImageNet; or the "
            "word rendered.",
        ),
    ],
    out: Annotated[
        Path, typer.Argument(metavar="OUT", help="New, empty, or of the same command before.")
    ],
    level: Annotated[float | None, typer.Option(help="Of the condition, as in studies.")] = None,
    style: Annotated[Path | None, typer.Option(help="Folder of style pictures.")] = None,
    working_size: Annotated[
        int | None, typer.Option(help="Side in pixels at which images are styled.", min=1)
    ] = None,
    weights: Annotated[
        Path | None, typer.Option(help="Folder of vgg_normalised.pth and decoder.pth, for AdaIN.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The draw seed.", min=0)] = 0,
    draws: Annotated[int, typer.Option(help="So many of each image.", min=1)] = 1,
    workers: Annotated[
        int | None, typer.Option(help="Processes; as many as cores if omitted.", min=1)
    ] = None,
    size: Annotated[
        int | None, typer.Option(help="Crop and resize to a square of so many pixels.", min=1)
    ] = None,
    shards: Annotated[
        int | None, typer.Option(help="Write WebDataset shards of so many images.", min=1)
    ] = None,
    masks: Annotated[
        Path | None, typer.Option(help="Folder of masks, bright where the figure is.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Verify the build that is there.")] = False,
) -> None:
    """Write a distorted copy of a data set; killed at any moment, it goes on where it was.

    Example: cuelens build saturated pictures pictures-saturated --level 8
    """
    if check:
        _check(out)
        return
    from cuelens.builders import build

    with progress_bar() as progress:
        built = build(
            adjective, source, out, level=level, style=style, working_size=working_size,
            weights=weights, seed=seed, draws=draws, size=size, shards=shards, masks=masks,
            workers=workers or len(os.sched_getaffinity(0)), progress=progress,
        )  # fmt: skip
    _tell(built, out)


@app.command("cue-conflict")
def conflict(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="FOLDER/CLASS/IMAGE, or the word rendered.")
    ],
    out: Annotated[
        Path, typer.Argument(metavar="OUT", help="New, empty, or of the same command before.")
    ],
    count: Annotated[
        int | None, typer.Option(help="Images; one a pair of classes if omitted.", min=1)
    ] = None,
    congruent: Annotated[
        bool, typer.Option("--congruent", help="Join images of one class too; they are marked.")
    ] = False,
    working_size: Annotated[
        int, typer.Option(help="Side in pixels at which images are painted.", min=1)
    ] = 256,
    strength: Annotated[float, typer.Option(help="Of the texture, up to 1.")] = 1.0,
    size: Annotated[
        int | None, typer.Option(help="Crop and resize to a square of so many pixels.", min=1)
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the choice of pairs.", min=0)] = 0,
    workers: Annotated[
        int | None, typer.Option(help="Processes; as many as cores if omitted.", min=1)
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Verify the build that is there.")] = False,
) -> None:
    """Write images with the shape of one class and the texture of another, named after both.

    Example: cuelens build cue-conflict pictures conflict --size 224
    """
    if check:
        _check(out)
        return
    from cuelens.builders import build_cue_conflict

    with progress_bar() as progress:
        built = build_cue_conflict(
            source, out, count=count, congruent=congruent, working_size=working_size,
            strength=strength, size=size, seed=seed,
            workers=workers or len(os.sched_getaffinity(0)), progress=progress,
        )  # fmt: skip
    _tell(built, out)


def _tell(built: "Built", out: Path) -> None:
    """Print what a build has come to, and what could not be done."""
    if built.converted:
        say(f"{built.converted:,} of {built.images:,} images were converted: see README.md")
    if built.problems:
        files = "file" if len(built.problems) == 1 else "files"
        say(f"{len(built.problems):,} {files} could not be done:")
    for problem in built.problems:
        say(f"  {problem.path}: {problem.reason}")
    if built.mended:
        files = "file was" if built.mended == 1 else "files were"
        say(f"{built.mended:,} {files} missing or altered and made again")
    say(f"{built.images:,} images")
    say(out.resolve())


@app.command("preview")
def sheet(
    image: Annotated[Path, typer.Argument(metavar="IMAGE", help="An image file.")],
    out: Annotated[
        Path | None, typer.Option(help="The sheet; IMAGE-preview.png here if omitted.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The draw seed.", min=0)] = 0,
) -> None:
    """Draw a picture under every condition at its usual levels, on one sheet.

    Example: cuelens build preview cat.png --out sheet.png
    """
    from cuelens.builders import preview

    with progress_bar() as progress:
        place = out or Path(f"{image.stem}-preview.png")
        path = preview(image, place, seed=seed, progress=progress)
    say(path.resolve())


def _check(out: Path) -> None:
    from cuelens.builders import check

    checked = check(out)
    for sentence in checked.wrong:
        warn(f"{sentence}.")
    if checked.wrong:
        count = len(checked.wrong)
        are = "file is not as it was" if count == 1 else "files are not as they were"
        told = [f"In {out} {count:,} {are} built."]
        if checked.damaged:
            told.append(
                "Run the same command without --check: it makes what is missing or altered again."
            )
        if checked.foreign:
            told.append("What belongs to no image is left alone: move it away, or let it be.")
        fail(" ".join(told), code=1)
    say(f"{checked.images:,} images of {checked.condition} are as they were built")
    say(out.resolve())
