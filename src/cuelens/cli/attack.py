"""`cuelens attack`: measure robust accuracy."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cuelens.cli.console import progress_bar, radius_of, result_rows, say, table, warn
from cuelens.cli.model_options import Arch, Classes, Models, PreprocessingText, stated_of
from cuelens.errors import ConfigError

if TYPE_CHECKING:
    from cuelens.attacks import Attack, Suite

__all__ = ["attack"]


class BallName(StrEnum):
    """Threat models by name."""

    linf = "linf"
    l2 = "l2"
    flow = "flow"


class SuiteName(StrEnum):
    """Suites by name."""

    quick = "quick"
    strong = "strong"


_USUAL_RADIUS = {BallName.linf: "8/255", BallName.l2: "0.5", BallName.flow: "1"}
_COLUMNS = ("model", "attack", "n", "right", "broken")


def attack(
    models: Models,
    data: Annotated[str, typer.Option(help="As in `cuelens train`; the test split is used.")],
    suite: Annotated[
        SuiteName,
        typer.Option(help="quick: PGD-20 and APGD. strong: APGD-CE, APGD-T, FAB-T, Square."),
    ] = SuiteName.quick,
    ball: Annotated[
        BallName, typer.Option(help="flow: pixels are moved, by stAdv, instead of changed.")
    ] = BallName.linf,
    radius: Annotated[
        str | None,
        typer.Option(
            help="In units of the pixel range; of a flow, in pixels of displacement.",
            show_default=", ".join(f"{usual} of {name}" for name, usual in _USUAL_RADIUS.items()),
        ),
    ] = None,
    radii: Annotated[
        str | None,
        typer.Option(help="Several instead of one, such as 1/255,2/255: drawn as a curve."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(help="Use so many images, drawn by chance.", min=1)
    ] = None,
    exact: Annotated[
        bool, typer.Option("--exact", help="Search in float32, the model as it was given; slower.")
    ] = False,
    save_images: Annotated[
        bool,
        typer.Option("--save-images", help="Keep originals, attacked images, magnified changes."),
    ] = False,
    out: Annotated[Path, typer.Option(help="Folder of records and report.")] = Path("runs/attack"),
    seed: Annotated[int, typer.Option(help="Keys starts and the choice of images.", min=0)] = 0,
    arch: Arch = None,
    classes: Classes = None,
    preprocessing: PreprocessingText = None,
) -> None:
    """Attack models; every success is confirmed in float32 by the untouched model.

    Example: cuelens attack robust.safetensors --data data --suite strong --limit 500
    """
    from cuelens.report import attack_report
    from cuelens.report import save_images as save_images_of
    from cuelens.study import attack_files

    attacks = _attacks(suite, ball, radius, radii)
    stated = stated_of(arch=arch, classes=classes, preprocessing=preprocessing)
    with progress_bar() as progress:
        found = attack_files(
            models, attacks, data=data, out=out, limit=limit, seed=seed, exact=exact,
            keep_images=save_images, stated=stated, progress=progress,
            seen=lambda results: progress.show("so far", _COLUMNS, result_rows(results)),
        )  # fmt: skip
    title = f"Right under attack, {found.dataset}; {found.unit}"
    table(
        title, _COLUMNS, result_rows(found.results), name="results",
        data=found.results.iter_rows(named=True),
    )  # fmt: skip
    for check in found.checks:
        if check.raised:
            warn(f"{check.name}: {check.sentence}")
    if save_images:
        for kept in found.images:
            say(save_images_of(kept, out / "images").resolve())
    settings = {
        "attacks": {name: repr(one) for name, one in attacks.items()},
        "data": data, "limit": limit, "seed": seed, "exact": exact,
    }  # fmt: skip
    page = attack_report(
        found.attacks, out=out, checks=found.checks, examples=found.images, settings=settings,
        seed=seed,
    )  # fmt: skip
    say(page.resolve())


def _attacks(
    suite: SuiteName, ball: BallName, radius: str | None, radii: str | None
) -> dict[str, "Attack | Suite"]:
    """Return an attack for each radius, by its name in the records."""
    option, written = "--radius", [radius or _USUAL_RADIUS[ball]]
    if radii is not None:
        if radius is not None:
            raise ConfigError(
                f"`--radii` must be given without `--radius`, got {radii} and {radius}. "
                "Name every radius in `--radii`."
            )
        option, written = "--radii", radii.split(",")
    attacks = {
        _name(suite, ball, text): _attack(suite, ball, radius_of(text, option=option))
        for text in written
    }
    if len(attacks) < len(written):
        raise ConfigError(f"`--radii` must be different, got {radii}. Name each radius once.")
    return attacks


def _name(suite: SuiteName, ball: BallName, radius: str) -> str:
    """Return the name of the worst case in the records, such as "strong-linf-8/255"."""
    radius = radius.replace(" ", "")
    return f"stadv-{radius}" if ball is BallName.flow else f"{suite.value}-{ball.value}-{radius}"


def _attack(suite: SuiteName, ball: BallName, radius: float) -> "Attack | Suite":
    from cuelens.attacks import StAdv, quick_suite, strong_suite
    from cuelens.balls import L2, Displacement, Linf

    if ball is BallName.flow:
        if suite is SuiteName.strong:
            raise ConfigError(
                "`--suite strong` needs `--ball linf` or `--ball l2`, got flow. Of flows there is "
                "stAdv alone: leave `--suite` out."
            )
        return StAdv(ball=Displacement(radius=radius))
    make = quick_suite if suite is SuiteName.quick else strong_suite
    return make(Linf(radius=radius) if ball is BallName.linf else L2(radius=radius))
