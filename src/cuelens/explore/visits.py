"""What the page asks for, as functions from what a visitor did to the parts of the page.

Whatever comes from the page is checked here; what cannot be done becomes a sentence on the page,
never an error of the server. It knows no gradio.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from cuelens.errors import ConfigError, CuelensError
from cuelens.explore.answers import Answer, Look, answers_of, answers_to, look_at
from cuelens.explore.attack_trail import AttackTrail, advance, begin
from cuelens.explore.controls import Controls
from cuelens.explore.drawing import (
    answers_html,
    attack_html,
    attack_looks_html,
    complaint_html,
    looks_html,
    png_data,
)
from cuelens.explore.painted import painted_picture
from cuelens.explore.pictures import Picture
from cuelens.explore.strip_picture import strip_png
from cuelens.explore.subjects import Subjects
from cuelens.explore.turns import Turns
from cuelens.explore.uploads import MOST_BYTES, read_data_address
from cuelens.tensors import Images

__all__ = ["RADII", "SLIDERS", "Visit", "Visitor", "controls_of"]

RADII = ("1/255", "2/255", "4/255", "8/255", "16/255")

SLIDERS = (
    ("Saturation: 0 pale, 1 unchanged, 10 extreme", 0, 10, 1, 1),
    ("Shuffle: patches per side", 1, 8, 1, 1),
    ("Blur: % of the side", 0, 12, 0.5, 0),
    ("Low-pass: keep up to, % of the highest", 2, 100, 1, 100),
    ("High-pass: keep above, % of the highest", 0, 60, 1, 0),
    ("Style: strength", 0, 1, 0.1, 0),
    ("Style: of which picture", 1, 8, 1, 1),
)
"""Title, least, most, step and rest of each, in the order in which the page sends them."""


@dataclass(kw_only=True, eq=False, slots=True)
class Asked:
    """What a visitor asked for last; the one thing of a visitor that changes in place.

    Attributes:
        picture: Of which picture; None before anything.
        controls: Where the sliders stood.
    """

    picture: Picture | None = None
    controls: Controls | None = None


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Visitor:
    """What is kept of a visitor between requests.

    Attributes:
        picture: The one that is looked at.
        trail: An attack on it; None before one.
        attacked: What the sliders made of the picture that is attacked.
        asked: What was asked for last.
    """

    picture: Picture
    trail: AttackTrail | None = None
    attacked: str = ""
    asked: Asked = field(default_factory=Asked)

    def at(self, picture: Picture) -> "Visitor":
        """Return the visitor before another picture, which nobody has attacked yet."""
        return Visitor(picture=picture, asked=self.asked)


def controls_of(numbers: Sequence[object]) -> Controls:
    """Return the controls that sliders of the page stand for.

    Args:
        numbers: One for each of `SLIDERS`; of unknown origin.

    Raises:
        ConfigError: If there are not as many, or one is no number of its slider.
    """
    if len(numbers) != len(SLIDERS):
        raise ConfigError(f"The page has {len(SLIDERS)} sliders, got {len(numbers)} numbers.")
    for number, (title, least, most, *_) in zip(numbers, SLIDERS, strict=True):
        known = isinstance(number, int | float) and not isinstance(number, bool)
        if not (known and least <= number <= most):  # type: ignore[operator]
            raise ConfigError(f"`{title}` must be from {least} to {most}, got {number!r:.40}.")
    exponent, patches, blur, kept, taken, strength, picture = (float(str(one)) for one in numbers)
    return Controls(
        saturation=2.0**exponent,
        shuffle=round(patches),
        blur=blur / 100,
        low_pass=0.0 if kept >= 100 else kept / 100,
        high_pass=taken / 100,
        style=strength,
        picture=round(picture),
    )


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Visit:
    """The models and pictures of a page, and what can be asked of them.

    Attributes:
        subjects: The models.
        pictures: Those to pick from; at least one.
        turns: Of answers and maps.
    """

    subjects: Subjects
    pictures: tuple[Picture, ...]
    turns: Turns = field(default_factory=Turns)

    def newcomer(self) -> Visitor:
        """Return a visitor who did nothing yet."""
        return Visitor(picture=self.pictures[0])

    def pick(self, visitor: Visitor, place: object) -> tuple[Visitor, str]:
        """Return the visitor with another picture of the page, and a complaint where there is none.

        Args:
            visitor: Who picks.
            place: Of the picture; of unknown origin.
        """
        if isinstance(place, int) and 0 <= place < len(self.pictures):
            return visitor.at(self.pictures[place]), ""
        return visitor, complaint_html(f"There is no picture {place!r:.40}.")

    def drop(self, visitor: Visitor, name: object, content: object) -> tuple[Visitor, str]:
        """Return the visitor with a picture of their own, and a complaint if it cannot be read.

        Args:
            visitor: Who drops it.
            name: Of the file; shown, never opened.
            content: A data address; of unknown origin.
        """
        try:
            picture = read_data_address(content, name=name, side=self.subjects.side)
        except CuelensError as error:
            return visitor, complaint_html(str(error))
        return visitor.at(picture), ""

    def refuse(self, size: object) -> str:
        """Return the complaint about a file that the page itself found too large to send."""
        return complaint_html(
            f"A picture must have at most {MOST_BYTES // 2**20} MiB, got {size!r:.20} bytes. "
            "Make it smaller."
        )

    def answers(self, visitor: Visitor, numbers: Sequence[object]) -> str:
        """Return what each model answers to what the sliders make of the picture."""
        try:
            controls = controls_of(numbers)
            visitor.asked.picture, visitor.asked.controls = visitor.picture, controls
            with self.turns.first():
                seen = _seen(visitor.picture, controls)
                answers = answers_of(self.subjects, seen)
        except CuelensError as error:
            return complaint_html(str(error))
        side = self.subjects.side
        words, caption = controls.words(side), controls.caption(side)
        return answers_html(visitor.picture, seen, answers, words=words, caption=caption)

    def looks(self, visitor: Visitor, numbers: Sequence[object], samples: int) -> str | None:
        """Return where each model looks, the calmer the more samples; None if it is stale.

        It is stale once the visitor has asked for the answers to something else.
        """
        try:
            controls = controls_of(numbers)
            self.turns.wait()
            if _stale(visitor, controls):
                return None
            seen = _seen(visitor.picture, controls)
        except CuelensError:
            return ""  # the answers have the complaint
        found: list[Look] = []
        for answer in answers_of(self.subjects, seen):
            self.turns.wait()
            if _stale(visitor, controls):
                return None
            found += self._looks_at(answer, seen, samples)
        return looks_html(tuple(found), controls.words(self.subjects.side))

    def step(
        self, visitor: Visitor, numbers: Sequence[object], radius: object, steps: int
    ) -> tuple[Visitor, str]:
        """Return the visitor with the attack some steps further, and how far it has come.

        An attack on another picture, or with another radius, begins anew.

        Args:
            visitor: Who attacks.
            numbers: Of the sliders.
            radius: One of `RADII`; of unknown origin.
            steps: At least 1.
        """
        try:
            controls = controls_of(numbers)
            words, reach = controls.words(self.subjects.side), _radius(radius)
            trail = visitor.trail
            if trail is None or visitor.attacked != words or trail.radius != reach:
                trail = begin(self.subjects, _seen(visitor.picture, controls), radius=reach)
            trail = advance(self.subjects, trail, steps)
        except CuelensError as error:
            return visitor, complaint_html(str(error))
        return replace(visitor, trail=trail, attacked=words), attack_html(trail, words)

    def attacked(self, visitor: Visitor) -> str:
        """Return how far the visitor's attack has come; nothing before one."""
        return "" if visitor.trail is None else attack_html(visitor.trail, visitor.attacked)

    def attack_looks(self, visitor: Visitor, samples: int) -> str:
        """Return where each model looks in its attacked picture; nothing before an attack."""
        if visitor.trail is None:
            return ""
        images = visitor.trail.current
        answers = answers_to(self.subjects, images)
        return attack_looks_html(look_at(self.subjects, images, answers, samples=samples))

    def _looks_at(self, answer: Answer, images: Images, samples: int) -> tuple[Look, ...]:
        return look_at(self.subjects, {answer.model: images}, (answer,), samples=samples)

    def strip(self, visitor: Visitor, numbers: Sequence[object]) -> str:
        """Return the strip as a data address; nothing where it cannot be made."""
        try:
            controls = controls_of(numbers)
            words = controls.words(self.subjects.side)
            trail = visitor.trail if visitor.attacked == words else None
            return png_data(strip_png(self.subjects, visitor.picture, controls, trail))
        except CuelensError:
            return ""


@lru_cache(maxsize=32)
def _seen(picture: Picture, controls: Controls) -> Images:
    """Return what the controls make of a picture; remembered, for maps follow answers."""
    painted = painted_picture(picture, strength=controls.style, number=controls.picture)
    return replace(controls, style=0.0).apply(painted)


def _stale(visitor: Visitor, controls: Controls) -> bool:
    """Whether a visitor who asked for answers asked for those to something else."""
    asked = visitor.asked
    return asked.picture is not None and (
        asked.picture is not visitor.picture or asked.controls != controls
    )


def _radius(text: object) -> float:
    if text not in RADII:
        raise ConfigError(f"`radius` must be one of {', '.join(RADII)}, got {text!r:.40}.")
    return int(str(text).partition("/")[0]) / 255
