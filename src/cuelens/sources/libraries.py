"""Other people's libraries, imported when used; what hinders that is said in words."""

from importlib import import_module
from importlib.metadata import version
from typing import Any

from cuelens.errors import ModelError

__all__ = ["imported", "library_name"]


def imported(module: str, *, extra: str) -> Any:
    """Return a module of a library that only some models need.

    Args:
        module: Its whole name.
        extra: Of cuelens, with which it is installed.

    Raises:
        ModelError: If it is not installed, or does not fit the installed torch.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise ModelError(
            f"Expected the package {module.partition('.')[0]}, got none that can be imported "
            f"({error}). Install it: pip install 'cuelens[{extra}]'."
        ) from error
    except (RuntimeError, OSError) as error:  # torchvision made for another build of torch
        raise ModelError(
            f"Expected {module.partition('.')[0]} and torch of one build, got an error: {error}. "
            "Install both from one place, such as https://download.pytorch.org/whl."
        ) from error


def library_name(package: str) -> str:
    """Return a library with its version, such as "timm 1.0.31"."""
    return f"{package} {version(package)}"
