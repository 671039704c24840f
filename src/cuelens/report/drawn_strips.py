"""From kept strips, raw maps and answers, to strips of pictures: one an image."""

from collections.abc import Mapping, Sequence

from cuelens import evaluation
from cuelens.report.pictures import picture_of
from cuelens.report.strip import MapPicture, Strip, StripCell
from cuelens.report.views import OWN, View
from cuelens.salience import Reading, Salience, Side, side_of

__all__ = ["pixels_of", "strips_of"]


def strips_of(
    strips: evaluation.Strips, methods: Mapping[str, Salience], *, views: Sequence[View] = (OWN,)
) -> tuple[Strip, ...]:
    """Return kept strips as pictures, one for each image.

    Where the sign is drawn, it is turned in maps of a loss: one colour speaks for the class,
    whatever the score.

    Args:
        strips: From `evaluation.read_strips`.
        methods: What made the maps, by the names in the strips.
        views: How the maps are drawn; the first is shown unless another is asked for.
    """
    sides = {name: side_of(methods[name]) for name in strips.methods}
    return tuple(_strip(strips, place, views, sides) for place in range(len(strips.images)))


def pixels_of(strips: evaluation.Strips) -> int:
    """Return how many pixels all maps of kept strips have together."""
    return strips.maps[..., 0, :, :].numel()


def _strip(
    strips: evaluation.Strips, image: int, views: Sequence[View], sides: Mapping[str, Side]
) -> Strip:
    label = int(strips.labels[image])
    names = strips.class_names
    drawn = {view.key: _maps(strips, image, view, sides) for view in views}
    explained = strips.explained[:, image].tolist()
    return Strip(
        image=strips.images[image],
        label=names[label] if label >= 0 else None,
        target=strips.target,
        explained={
            model: names[place] for model, place in zip(strips.models, explained, strict=True)
        },
        methods=strips.methods,
        scores=strips.scores,
        scales={view.key: _sentence(view, sides) for view in views},
        cells=tuple(
            _cell(
                strips,
                image,
                (model, condition),
                {key: maps[model, condition] for key, maps in drawn.items()},
            )
            for model in range(len(strips.models))
            for condition in range(len(strips.conditions))
        ),
        rule=strips.rules[image],
    )


def _sentence(view: View, sides: Mapping[str, Side]) -> str:
    """Return what the colours of a view mean for these methods."""
    if view.reading is not Reading.SIGNED:
        return view.sentence
    turned = [name for name, side in sides.items() if side is Side.AGAINST]
    signless = [name for name, side in sides.items() if side is Side.NEITHER]
    parts = [view.sentence]
    if turned:
        parts.append(
            f"Of {', '.join(turned)} the sign is turned: the raw maps are of the class's loss."
        )
    if signless:
        parts.append(
            f"Of {', '.join(signless)} orange says how much alone: the maps are never negative."
        )
    return " ".join(parts)


def _maps(
    strips: evaluation.Strips, image: int, view: View, sides: Mapping[str, Side]
) -> dict[tuple[int, int], tuple[MapPicture, ...]]:
    """Return the drawn maps of an image, one a method, by the places of model and condition."""
    models, conditions = len(strips.models), len(strips.conditions)
    by_method = [
        view.pictures(maps[:, :, image].flatten(0, 1) * (-1 if sides[name] is Side.AGAINST else 1))
        for name, maps in zip(strips.methods, strips.maps, strict=True)
    ]
    return {
        (model, condition): tuple(own[model * conditions + condition] for own in by_method)
        for model in range(models)
        for condition in range(conditions)
    }


def _cell(
    strips: evaluation.Strips,
    image: int,
    place: tuple[int, int],
    maps: dict[str, tuple[MapPicture, ...]],
) -> StripCell:
    model, condition = place
    answer = int(strips.predictions[model, condition, image])
    label = int(strips.labels[image])
    return StripCell(
        model=strips.models[model],
        condition=strips.conditions[condition],
        picture=picture_of(strips.pictures[model, condition, image : image + 1]),
        maps=maps,
        prediction=strips.class_names[answer] if answer >= 0 else "no number",
        confidence=float(strips.probabilities[model, condition, image].max()),
        right=answer == label if label >= 0 else None,
    )
