"""What a person may give where a command takes a model: a file, or a name of the zoo."""

from pathlib import Path

__all__ = ["MODELS", "model_files"]

MODELS = "Model files, or networks that come with cuelens: cuelens://cifar10/pgd-linf-8/0."


def model_files(places: list[Path] | None) -> list[Path]:
    """Return the files of the places given, none if none is; a callback of arguments.

    Args:
        places: Files, and names such as cuelens://cifar10/pgd-linf-8/0.

    Raises:
        ModelError: If a network of the zoo is not there.
    """
    return [_file(place) for place in places or ()]


def _file(place: Path) -> Path:
    if not str(place).startswith("cuelens:"):
        return place
    from cuelens.sources import model_path

    return model_path(place)
