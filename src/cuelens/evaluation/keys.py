"""The key of a part of the records: a hash of everything that determines it.

It knows how to name methods and settings for good; it does not know what they do.
"""

import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from hashlib import blake2b

from cuelens.errors import ConfigError
from cuelens.evaluation.tables import SCHEMA_VERSION

__all__ = ["identity_of", "key_of"]

Determinant = (
    str | int | float | bool | None | Sequence["Determinant"] | Mapping[str, "Determinant"]
)
"""What may determine a part: anything that JSON writes in one way only."""


def key_of(**determinants: Determinant) -> str:
    """Return 32 hexadecimal digits that name a part of the records.

    The version of the tables is always among the determinants.

    Args:
        **determinants: Everything that changes the part's rows: fingerprints of weights and data,
            identities of methods, seeds, precision, sizes, rows.

    Raises:
        ConfigError: If a determinant cannot be written in one way only.
    """
    try:
        text = json.dumps(
            {"schema_version": SCHEMA_VERSION, **determinants},
            sort_keys=True,
            separators=(",", ":"),
            allow_nan=False,
        )
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"What determines a record must be text, finite numbers, lists or dictionaries of "
            f"them, got: {error}. Give `identity_of(method)` instead of a method."
        ) from error
    return blake2b(text.encode(), digest_size=16).hexdigest()


def identity_of(method: object) -> str:
    """Return text that names a method, its settings and its version, the same in every process.

    Args:
        method: A transform, attack, salience method or measure: a dataclass, whose fields are its
            settings, a function defined in a module, or a `functools.partial` of these. A setting
            that has a `fingerprint`, such as a folder of style pictures, is named by it too, and
            one that is a method by its version: what a folder holds may change while its path
            stays.

    Raises:
        ConfigError: If the method or one of its settings shows itself by a place in memory.
    """
    if isinstance(method, functools.partial):
        settings = sorted(method.keywords.items())
        return _stable(f"{identity_of(method.func)}({method.args!r}, {settings!r})", method)
    version = getattr(method, "version", 0)
    if is_dataclass(method) and not isinstance(method, type):
        kind = type(method)
        named = f"{kind.__module__}.{kind.__qualname__} {method!r} v{version}"
        return _stable(" ".join([named, *_of_settings(method)]), method)
    name = getattr(method, "__qualname__", None)
    if name is None or isinstance(method, type):
        return _stable(f"{type(method).__module__} {method!r} v{version}", method)
    return _stable(f"{getattr(method, '__module__', '')}.{name} v{version}", method)


def _of_settings(method: object) -> Iterator[str]:
    """Find what a dataclass's settings, and theirs, do not show: fingerprints and versions."""
    for field in fields(method):  # type: ignore[arg-type]
        value = getattr(method, field.name)
        for setting in value if isinstance(value, tuple) else (value,):
            if isinstance(setting, type):
                continue
            if isinstance(fingerprint := getattr(setting, "fingerprint", None), str):
                yield f"{field.name}={fingerprint}"
            if isinstance(version := getattr(setting, "version", None), int):
                yield f"{field.name} v{version}"
            if is_dataclass(setting):
                yield from (f"{field.name}.{inner}" for inner in _of_settings(setting))


def _stable(text: str, method: object) -> str:
    """Return the text, unless it would be another one in the next process."""
    if " at 0x" in text or "<lambda>" in text:
        raise ConfigError(
            f"A method must show its settings in its `repr`, got {method!r}. "
            "Make it a frozen dataclass, or a function defined in a module."
        )
    return text
