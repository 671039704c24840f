"""A strip: one image as every model sees it under every condition, and where each looks.

It holds what is drawn, already computed and already pictures; it does not know how it is laid out.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from cuelens.report.pictures import Picture

__all__ = ["OWN_IMAGES", "MapPicture", "Strip", "StripCell"]

OWN_IMAGES = ("attacked image", "made on this model")
"""What the row of the images that a model alone saw is called, and a note on it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MapPicture:
    """A salience map as it is drawn.

    Attributes:
        picture: Grey, or colours where the sign is drawn.
        end: What the ends of its colours mean, in a word or two, such as "white 0.012".
    """

    picture: Picture
    end: str


@dataclass(frozen=True, kw_only=True, slots=True)
class StripCell:
    """What one model makes of one image under one condition.

    Attributes:
        model: Name of the model.
        condition: Name of the condition.
        picture: What the model saw, bytes of shape (height, width, 3).
        maps: By the key of a view: its maps, one for each method of the strip.
        prediction: Name of the class that it answered.
        confidence: Probability that it gave to that class, in [0, 1].
        right: Whether that is the label; None where the label is unknown.
    """

    model: str
    condition: str
    picture: Picture
    maps: Mapping[str, tuple[MapPicture, ...]]
    prediction: str
    confidence: float
    right: bool | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Strip:
    """One image as every model sees it under every condition.

    Attributes:
        image: Id of the image.
        label: Name of its class; None where it is unknown.
        target: Which class the maps explain, in words.
        explained: Name of the class that the maps of each model explain.
        methods: Names of the salience methods.
        scores: What each method explains of the class, such as "logit"; empty where it is no score.
        scales: By the key of a view: how its maps were drawn, in a sentence; the first is shown
            unless another is asked for.
        cells: At most one for each model and condition, in any order.
        rule: Why this image was chosen.
    """

    image: str
    label: str | None
    target: str
    explained: Mapping[str, str]
    methods: tuple[str, ...]
    scores: tuple[str, ...]
    scales: Mapping[str, str]
    cells: tuple[StripCell, ...]
    rule: str = ""
