"""Write docs/conditions.md and a row of pictures for each family of conditions.

Two scenes are shown, both rendered here, with their exact masks: a star with coarse, strong stripes
at 224 px and at 32 px, enlarged, since what a condition does depends on the size; and a heart with
fine, faint grain on fine stripes at 224 px, whole and a part of it enlarged.
"""

import argparse
import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor
from torch.nn.functional import avg_pool2d

from cuelens import Chance, CueControlled
from cuelens.datasets.figures import SHAPES, figure_masks
from cuelens.evaluation import FAMILIES, Condition, Family
from cuelens.tensors import Images, Masks
from cuelens.transforms import MaskTransform

_SIZE = 224
_SHOWN = 160
_GAP = 6
_LABEL = 20
_LONGEST = 26
"""Letters above a picture."""
_ROW = 3
_QUALITY = 80
_GRAIN = 0.1  # peak of both fine textures, in pixel units
_PERIOD = 5  # of the fine stripes, in pixels
_FIGURE, _BEHIND = (0.82, 0.74, 0.66), (0.22, 0.28, 0.36)  # red, green, blue


@dataclass(frozen=True, kw_only=True)
class _Scene:
    """One image with its mask.

    Attributes:
        name: Its id.
        images: A batch of one.
        masks: True where the figure is.
    """

    name: str
    images: Images
    masks: Masks

    def under(self, condition: Condition) -> Tensor:
        """Return the image under a condition."""
        transform, chance = condition.transform, Chance(0, (self.name,))
        if isinstance(transform, MaskTransform):
            return transform(self.images, masks=self.masks, chance=chance)[0]
        return transform(self.images, chance=chance)[0]


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
    """Return the family's levels side by side, the clean image first, each named above."""
    conditions = [Condition.clean(), *(family.usual() if family.name != "clean" else ())]
    width = len(conditions) * (_SHOWN + _GAP) - _GAP
    lines = _lines()
    sheet = Image.new("RGB", (width, _LABEL + len(lines) * (_SHOWN + _GAP) - _GAP), "white")
    draw = ImageDraw.Draw(sheet)
    for place, condition in enumerate(conditions):
        left = place * (_SHOWN + _GAP)
        draw.text((left, 2), _label(family, condition), fill="black", font=_font())
        for line, (scene, part) in enumerate(lines):
            picture = _picture(part(scene.under(condition)))
            sheet.paste(picture, (left, _LABEL + line * (_SHOWN + _GAP)))
    return sheet


def _lines() -> tuple[tuple[_Scene, Callable[[Tensor], Tensor]], ...]:
    """Return which scene each line of a row shows, and which part of it."""
    fine = _fine()
    return (_coarse(_SIZE), _whole), (_coarse(32), _whole), (fine, _whole), (fine, _middle)


def _whole(image: Tensor) -> Tensor:
    return image


def _middle(image: Tensor) -> Tensor:
    """Return the part at the edge of the figure, half as many pixels as are shown."""
    side, top, left = _SHOWN // 2, 76, 14
    return image[:, top : top + side, left : left + side]


def _coarse(size: int) -> _Scene:
    scenes = CueControlled(
        count=_ROW + 1, size=size, split="test", texture_contrast=0.25, figure_contrast=0.3
    )
    rows = torch.tensor([_ROW])
    return _Scene(name=scenes.ids[_ROW], images=scenes.images(rows), masks=scenes.masks(rows))


def _fine() -> _Scene:
    """Return a light heart with irregular grain before dark, fine stripes; nothing is clipped."""
    name = "fine"
    shape = torch.tensor([SHAPES.index("heart")])
    masks = figure_masks(shape, torch.tensor([[0.5, 0.5, 1.1, 0.02]]), size=_SIZE)
    noise = Chance(0, (name,)).uniform((1, _SIZE + 2, _SIZE + 2), method="grain") - 0.5
    grain = avg_pool2d(noise, 3, 1)
    grain = (grain / (3 * grain.std())).clamp(-1, 1)
    places = torch.arange(_SIZE)
    stripes = torch.sin(2 * math.pi / _PERIOD * (places + places[:, None]) / math.sqrt(2))
    figure, behind = (torch.tensor(colour)[:, None, None] for colour in (_FIGURE, _BEHIND))
    images = torch.where(masks[:, None], figure + _GRAIN * grain, behind + _GRAIN * stripes)
    return _Scene(name=name, images=images, masks=masks)


def _label(family: Family, condition: Condition) -> str:
    if condition.level is None:
        return condition.name
    axis = family.axis.partition("(")[0].partition(",")[0].strip()
    label = f"{axis} = {condition.level:g}"
    return label if len(label) <= _LONGEST else condition.name


def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return Pillow's own typeface, which needs no file."""
    return ImageFont.load_default(12)


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

What each condition does to an image, drawn by `scripts/conditions_page.py` from two scenes that it
renders. Each row begins with the clean images, then come the usual levels, named above. Its lines,
from top to bottom: a star with coarse, strong stripes at 224 px; the same scene rendered at 32 px
and enlarged without smoothing, since what a condition does depends on the size; a heart with fine,
faint grain before fine stripes at 224 px; and its edge, enlarged twice.

"Fine texture goes" means the heart's: what is as coarse and strong as the stripes of the star stays
under most filters at 224 px; saturation even makes it stronger, and edges outline it.

A control should be another picture that is as far from the clean one as the condition is.
`contrast` is nearly the saturated image itself at high p; `borders` and `self-styled` change
images less than what they control; `equal-grey` takes the colour away too. Named checks say so
beside every cue profile.
"""


if __name__ == "__main__":
    main()
