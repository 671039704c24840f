"""Write docs/conditions.md and a row of pictures for each family of conditions.

Two images are shown, one above the other: a rendered figure at 224 px, with its exact mask, and
the same scene at 32 px, enlarged, since what a condition does depends on the size.
"""

import argparse
import inspect
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from cuelens import Chance, CueControlled
from cuelens.evaluation import FAMILIES, Condition, Family
from cuelens.transforms import MaskTransform

_SIZES = (224, 32)
_SHOWN = 160
_GAP = 6
_ROW = 3
_QUALITY = 88


def main() -> None:
    """Write the page and its pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--docs", type=Path, default=Path("docs"))
    docs = parser.parse_args().docs
    pictures = docs / "images" / "conditions"
    pictures.mkdir(parents=True, exist_ok=True)
    families = [family for family in FAMILIES.values() if not family.needs]
    for family in families:
        _row(family).save(pictures / f"{family.name}.webp", quality=_QUALITY)
    (docs / "conditions.md").write_text(_page(), encoding="utf-8")


def _row(family: Family) -> Image.Image:
    """Return the family's levels side by side, the clean image first."""
    conditions = [Condition.clean(), *(family.usual() if family.name != "clean" else ())]
    width = len(conditions) * (_SHOWN + _GAP) - _GAP
    sheet = Image.new("RGB", (width, len(_SIZES) * (_SHOWN + _GAP) - _GAP), "white")
    for line, size in enumerate(_SIZES):
        for place, condition in enumerate(conditions):
            picture = _picture(_shown(condition, size))
            sheet.paste(picture, (place * (_SHOWN + _GAP), line * (_SHOWN + _GAP)))
    return sheet


def _shown(condition: Condition, size: int) -> Tensor:
    """Return one image under a condition."""
    scenes = CueControlled(
        count=_ROW + 1, size=size, split="test", texture_contrast=0.25, figure_contrast=0.3
    )
    rows = torch.tensor([_ROW])
    chance = Chance(0, (scenes.ids[_ROW],))
    images, transform = scenes.images(rows), condition.transform
    if isinstance(transform, MaskTransform):
        return transform(images, masks=scenes.masks(rows), chance=chance)[0]
    return transform(images, chance=chance)[0]


def _picture(image: Tensor) -> Image.Image:
    pixels = image.mul(255).round().to(torch.uint8).permute(1, 2, 0).contiguous().numpy()
    large = image.shape[-1] > _SHOWN
    way = Image.Resampling.LANCZOS if large else Image.Resampling.NEAREST
    return Image.fromarray(pixels).resize((_SHOWN, _SHOWN), way)


def _page() -> str:
    parts = [_HEAD]
    for cue, title in _TITLES.items():
        parts.append(f"## {title}")
        parts += [_section(family) for family in FAMILIES.values() if family.cue == cue]
    return "\n\n".join(parts) + "\n"


def _section(family: Family) -> str:
    levels = ", ".join(f"{level:g}" for level in family.levels)
    word = family.name if not family.levels else f"{family.name}={family.levels[0]:g}"
    given = "".join(f" --{need} FOLDER" for need in family.needs)
    facts = [f"`cuelens build {family.adjective}{given}`"]
    if not family.needs:
        facts.insert(0, f"`--conditions {word}`")
    facts.append(f"class `{family.transform.__name__}`")
    if levels and not family.needs:
        facts.append(f"shown: clean, then {family.axis} = {levels}")
    if family.control is not None:
        facts.append(f"control: [{family.control}](#{family.control})")
    source = " ".join(_credit(family.transform).split())
    picture = f"![{family.title}](images/conditions/{family.name}.webp)"
    if family.needs:
        picture = "It needs weights that are not shipped, so it is not shown."
    return "\n\n".join(
        [f"### {family.name}", f"{family.sentence} {'; '.join(facts)}.", picture, source]
    )


def _credit(transform: type) -> str:
    text = inspect.getdoc(transform) or ""
    return "Source: " + text.partition("Source:\n")[2]


_TITLES = {
    "texture": "Texture away",
    "shape": "Shape away",
    "colour": "Colour away",
    "frequency": "Frequency",
    "light": "Light",
    "none": "Controls, and the clean condition",
}
_HEAD = """# Conditions

What each condition does to an image, drawn by `scripts/conditions_page.py`. On top a rendered
scene of 224 px, below it the same scene rendered at 32 px and enlarged without smoothing: what a
condition does depends on the size. A row begins with the clean image, then come the usual levels.
"""


if __name__ == "__main__":
    main()
