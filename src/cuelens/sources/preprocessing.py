"""What a person states of a network's input, over what its source says or does not say.

It knows how it is written, as text or in a file; it does not know any source.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from fractions import Fraction
from numbers import Real
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

import yaml

from cuelens.errors import ConfigError
from cuelens.networks.input_specification import Fit, InputSpecification, Interpolation
from cuelens.yaml_file import read_yaml

__all__ = ["PRESETS", "Preprocessing"]

PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "imagenet": {"mean": (0.485, 0.456, 0.406), "deviation": (0.229, 0.224, 0.225)},
        "cifar10": {"mean": (0.4914, 0.4822, 0.4465), "deviation": (0.2471, 0.2435, 0.2616)},
        "half": {"mean": 0.5, "deviation": 0.5},
        "none": {"mean": 0.0, "deviation": 1.0},
    }
)
"""Normalisations that are much used, by name; "half" gives -1 to 1, "none" leaves [0, 1]."""

_WRITTEN = (
    "preset", "mean", "deviation", "range", "size", "resize", "crop", "interpolation", "fit",
)  # fmt: skip
_REMEDY = (
    "Write such as `size: 224, resize: 256, mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, "
    "0.225], interpolation: bicubic`, a preset (imagenet, cifar10, half, none) or the path of a "
    "file with that."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Preprocessing:
    """Settings of an `InputSpecification` that are stated; None: as the source says.

    Attributes:
        mean: Numbers in units of the pixel range; a single one is for every channel.
        deviation: Likewise.
        height: Of what the network reads, in pixels.
        width: Likewise.
        crop: The share of each side that is seen.
        interpolation: See `InputSpecification`.
        fit: See `InputSpecification`.
    """

    mean: tuple[float, ...] | None = None
    deviation: tuple[float, ...] | None = None
    height: int | None = None
    width: int | None = None
    crop: float | None = None
    interpolation: Interpolation | None = None
    fit: Fit | None = None

    @classmethod
    def read(cls, text: str | Path) -> "Preprocessing":
        """Return what a text, or the file at its path, states.

        Args:
            text: A preset's name, settings as YAML has them (`size: 224, mean: 127/255`), or the
                path of a YAML file. Beside the attributes above they may be `preset`, `size`
                (a number or [height, width]), `resize` (the size before the centre is cropped),
                and `range`: what the network reads, 255 (0 to 255) or [-1, 1].

        Raises:
            ConfigError: If a setting is unknown or cannot be read.
        """
        if isinstance(text, str) and text in PRESETS:
            return cls.of({"preset": text})
        if Path(text).is_file():
            return cls.of(read_yaml(Path(text)))
        if isinstance(text, Path):
            raise ConfigError(f"Expected preprocessing in a file at {text}, got nothing. {_REMEDY}")
        try:
            written = yaml.safe_load(f"{{{text}}}")
        except yaml.YAMLError:
            written = None
        if not isinstance(written, dict) or not written or None in written.values():
            raise ConfigError(f"Expected preprocessing, got {text!r}. {_REMEDY}")
        return cls.of(written)

    @classmethod
    def of(cls, written: object) -> "Preprocessing":
        """Return what settings by name state; see `read`.

        Raises:
            ConfigError: If a setting is unknown or cannot be read.
        """
        if not isinstance(written, Mapping):
            raise ConfigError(f"Expected settings of preprocessing, got {written!r}. {_REMEDY}")
        for name in written:
            if name not in _WRITTEN:
                near = get_close_matches(str(name), _WRITTEN, n=1)
                hint = f" Did you mean `{near[0]}`?" if near else f" {_REMEDY}"
                raise ConfigError(
                    f"Preprocessing must be some of {', '.join(_WRITTEN)}, got {name!r}.{hint}"
                )
        values: dict[str, Any] = {**_preset(written.get("preset")), **written}
        values.pop("preset", None)
        found: dict[str, Any] = {}
        for name, value in values.items():
            found |= _READERS[name](name, value)
        resize = found.pop("resize", None)
        if resize is not None:
            found |= _crop_of(resize, found)
        return cls(**found)

    def __bool__(self) -> bool:
        """Tell whether anything is stated."""
        return any(getattr(self, field.name) is not None for field in fields(self))

    def over(self, specification: InputSpecification) -> InputSpecification:
        """Return the specification with what is stated in place of its own.

        Raises:
            ConfigError: If numbers of channels differ or a setting is outside its range.
        """
        stated = {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if getattr(self, field.name) is not None
        }
        channels = max(len(stated[name]) if name in stated else 1 for name in ("mean", "deviation"))
        channels = specification.channels if channels == 1 else channels
        for name in ("mean", "deviation"):
            if len(stated.get(name, ())) == 1:
                stated[name] = stated[name] * channels
        return replace(specification, **stated)


def _preset(name: object) -> Mapping[str, Any]:
    if name is None:
        return {}
    if name not in PRESETS:
        raise ConfigError(f"`preset` must be one of {', '.join(PRESETS)}, got {name!r}.")
    return PRESETS[str(name)]


def _number(name: str, value: object) -> float:
    """Return a number that may be written as a fraction, such as 127/255."""
    if isinstance(value, Real) and not isinstance(value, bool):
        return float(value)
    try:
        return float(Fraction(str(value).replace(" ", "")))
    except (ValueError, ZeroDivisionError) as error:
        raise ConfigError(
            f"`{name}` must be a number or a fraction such as 127/255, got {value!r}."
        ) from error


def _numbers(name: str, value: object) -> dict[str, Any]:
    values = value if isinstance(value, list | tuple) else [value]
    return {name: tuple(_number(name, one) for one in values)}


def _range(name: str, value: object) -> dict[str, Any]:
    """Return mean and deviation that make [0, 1] a range: 255 is 0 to 255."""
    pair = value if isinstance(value, list | tuple) else [0, value]
    ends = [_number(name, one) for one in pair]
    if len(ends) != 2 or not ends[0] < ends[1]:
        raise ConfigError(
            f"`{name}` must be the greatest number that the network reads, or the least and the "
            f"greatest, such as 255 or [-1, 1], got {value!r}."
        )
    low, high = ends
    return {"mean": (-low / (high - low),), "deviation": (1 / (high - low),)}


def _sides(name: str, value: object) -> tuple[int, int]:
    pair = value if isinstance(value, list | tuple) else [value, value]
    sides = [one for one in pair if isinstance(one, int) and not isinstance(one, bool) and one > 0]
    if len(pair) != 2 or len(sides) != 2:
        raise ConfigError(
            f"`{name}` must be whole pixels, one number or [height, width], got {value!r}."
        )
    return sides[0], sides[1]


def _size(name: str, value: object) -> dict[str, Any]:
    height, width = _sides(name, value)
    return {"height": height, "width": width}


def _share(name: str, value: object) -> dict[str, Any]:
    return {name: _number(name, value)}


def _word(name: str, value: object) -> dict[str, Any]:
    known = get_args(Interpolation if name == "interpolation" else Fit)
    if value not in known:
        raise ConfigError(f"`{name}` must be one of {', '.join(known)}, got {value!r}.")
    return {name: value}


def _crop_of(resize: tuple[int, int], found: Mapping[str, Any]) -> dict[str, Any]:
    """Return what "resize the shorter side to so much, then crop" means."""
    if "height" not in found or "crop" in found:
        other = "`crop` beside it" if "crop" in found else "no `size`"
        raise ConfigError(
            f"`resize` must stand with `size`, the side that is cropped from it, got {other}. "
            "Write such as `size: 224, resize: 256`."
        )
    if resize[0] < found["height"]:
        raise ConfigError(
            f"`resize` must be at least `size` ({found['height']} pixels), got {resize[0]}."
        )
    return {"fit": "square", "crop": found["height"] / resize[0], **found}


_READERS: Mapping[str, Callable[[str, object], dict[str, Any]]] = MappingProxyType(
    {
        "mean": _numbers,
        "deviation": _numbers,
        "range": _range,
        "size": _size,
        "resize": lambda name, value: {"resize": _sides(name, value)},
        "crop": _share,
        "interpolation": _word,
        "fit": _word,
    }
)
