"""Names of a package that are imported when they are first used, so that importing it costs little.

It knows Python's module attributes; it does not know what the names are.
"""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module

__all__ = ["lazy_names"]


def lazy_names(package: str, homes: Mapping[str, str]) -> Callable[[str], object]:
    """Return the `__getattr__` of a package whose public names live in other modules.

    Args:
        package: Its `__name__`.
        homes: The module that defines each name.

    Returns:
        A function that imports a name, keeps it in the package, and returns it; `AttributeError`
        for any other name, as Python expects of a module.
    """

    def find(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(homes[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    return find
