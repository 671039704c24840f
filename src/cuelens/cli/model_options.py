"""What a person may give where a command takes models, and say of them besides."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cuelens.sources import Stated

__all__ = ["Arch", "Classes", "Models", "PreprocessingText", "stated_of"]

Models = Annotated[
    list[str],
    typer.Argument(
        metavar="MODEL...",
        help="Model files, or others: cuelens://cifar10/pgd-linf-8/0, timm:NAME, "
        "torchvision:NAME, hf:REPOSITORY, package:efficientnet-lite0, weights.pth with --arch, a "
        "file .onnx, .pt2, or .yaml.",
    ),
]
Arch = Annotated[
    str | None,
    typer.Option("--arch", help="Network of a file of weights: cifar-resnet20, timm:resnet50, ..."),
]
Classes = Annotated[
    str | None,
    typer.Option(
        "--classes",
        help="Class names in the order of the outputs: a file, one a line, or cifar10, imagenet.",
    ),
]
PreprocessingText = Annotated[
    str | None,
    typer.Option(
        "--preprocessing",
        help="In place of what the source says: 'size: 224, resize: 256, mean: 127/255', imagenet "
        "or a file.",
    ),
]


def stated_of(
    *, arch: str | None, classes: str | None, preprocessing: str | None
) -> "Stated | None":
    """Return what the options say of every model on the command line; None if nothing.

    Raises:
        ConfigError: If one of them cannot be read.
    """
    if arch is None and classes is None and preprocessing is None:
        return None
    from cuelens.sources import Preprocessing, Stated, read_class_list

    return Stated(
        architecture=arch,
        class_names=None if classes is None else read_class_list(classes),
        preprocessing=Preprocessing()
        if preprocessing is None
        else Preprocessing.read(preprocessing),
    )
