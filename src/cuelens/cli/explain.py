"""`cuelens explain`: see what models look at."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cuelens.cli.conditions import conditions_of
from cuelens.cli.console import progress_bar, radius_of, say, table, warn
from cuelens.cli.methods import methods_of
from cuelens.cli.model_options import Arch, Classes, PreprocessingText, stated_of

if TYPE_CHECKING:
    from cuelens.attacks import Attack
    from cuelens.evaluation import Target

__all__ = ["explain"]

_MEASURES = "Measures of the maps; of several images, means above their 95 % intervals"
_AGREEMENT = "How alike the maps of two models are"


class ScoreName(StrEnum):
    """What a map explains, by name."""

    log_probability = "log-probability"
    probability = "probability"
    logit = "logit"
    cross_entropy = "cross-entropy"


class ScaleName(StrEnum):
    """Whose strengths make white white."""

    own = "own"
    shared = "shared"


class AttackName(StrEnum):
    """Attacks whose images are shown, by name."""

    pgd = "pgd"
    apgd = "apgd"


def explain(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL... IMAGE...",
            help="Models, as in `cuelens evaluate`, then images or folders of images.",
        ),
    ],
    methods: Annotated[
        str, typer.Option(help="Such as smoothgrad,gradient; a row of maps each.")
    ] = "smoothgrad",
    conditions: Annotated[
        str, typer.Option(help="Such as saturation=8,shuffle=4; a column each.")
    ] = "saturation=8,shuffle=4",
    target: Annotated[
        str,
        typer.Option(
            help="Class explained: predicted (by each model on the unchanged image), true (told by "
            "the name of the image's folder or file) or a class name."
        ),
    ] = "predicted",
    score: Annotated[
        ScoreName | None,
        typer.Option(help="Score explained; if omitted, what suits each method, as figures say."),
    ] = None,
    scale: Annotated[
        ScaleName,
        typer.Option(help="What white is of: each map by itself, or a method's maps together."),
    ] = ScaleName.own,
    signed: Annotated[
        bool,
        typer.Option("--signed", help="Draw the sign: orange for the class, blue against."),
    ] = False,
    attack: Annotated[
        AttackName | None, typer.Option(help="A column of images attacked on each model.")
    ] = None,
    radius: Annotated[
        str, typer.Option(help="Of the attack: Linf, in units of the pixel range.")
    ] = "8/255",
    size: Annotated[
        int | None, typer.Option(help="Side of the images in pixels; the models' own.", min=1)
    ] = None,
    samples: Annotated[
        int | None, typer.Option(help="Noisy copies or masks an image.", min=1)
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder of page, strips and records.")] = Path(
        "runs/explain"
    ),
    seed: Annotated[int, typer.Option(help="Keys noise and conditions.", min=0)] = 0,
    arch: Arch = None,
    classes: Classes = None,
    preprocessing: PreprocessingText = None,
) -> None:
    """Draw a strip an image: models down, conditions across, each with its salience maps.

    Each image is cropped and resized as the model of the largest size reads pictures. The numbers
    of the maps are printed and written to tables/measures.csv. A file that cannot be read is told
    and left out; then the exit code is 1.

    Example: cuelens explain standard.safetensors robust.safetensors cat.png photos
    """
    from cuelens.report import agreement_rows, explain_files, measure_rows, view_of
    from cuelens.salience import Score

    chosen = methods_of(methods, score=None if score is None else Score(score), samples=samples)
    stated = stated_of(arch=arch, classes=classes, preprocessing=preprocessing)
    with progress_bar() as progress:
        found = explain_files(
            files,
            conditions_of(conditions),
            chosen,
            attacks={} if attack is None else _attacks(attack, radius),
            target=_target(target),
            view=view_of(shared=scale is ScaleName.shared, signed=signed),
            size=size,
            seed=seed,
            stated=stated,
            out=out,
            progress=progress,
        )
    for sentence in found.problems:
        warn(sentence)
    measures = found.measures.iter_rows(named=True)
    table(_MEASURES, *measure_rows(found.measures), name="measures", data=measures)
    if len(found.agreement):
        agreement = found.agreement.iter_rows(named=True)
        table(_AGREEMENT, *agreement_rows(found.agreement), name="agreement", data=agreement)
    for path in found.figures:
        say(path.resolve())
    say(found.page.resolve())
    if found.refused:
        raise typer.Exit(1)


def _target(text: str) -> "Target":
    from cuelens.evaluation import Target

    known = {"predicted": Target.PREDICTED, "true": Target.TRUE}
    return known.get(text) or Target.given(text)


def _attacks(name: AttackName, text: str) -> "dict[str, Attack]":
    """Return an attack under the name that its column has."""
    from cuelens.attacks import APGD, PGD
    from cuelens.balls import Linf

    radius = radius_of(text)
    ball = Linf(radius=radius)
    attack: Attack = (
        PGD(ball=ball, step=radius / 4, steps=20)
        if name is AttackName.pgd
        else APGD(ball=ball, steps=100)
    )
    return {f"{name.value}-linf-{text.replace(' ', '')}": attack}
