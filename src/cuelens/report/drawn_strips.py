"""From kept strips, raw maps and answers, to strips of pictures: one an image."""

from collections.abc import Sequence

from cuelens import evaluation
from cuelens.report.pictures import picture_of
from cuelens.report.strip import MapPicture, Strip, StripCell
from cuelens.report.views import OWN, View

__all__ = ["pixels_of", "strips_of"]


def strips_of(strips: evaluation.Strips, *, views: Sequence[View] = (OWN,)) -> tuple[Strip, ...]:
    """Return kept strips as pictures, one for each image.

    Args:
        strips: From `evaluation.read_strips`.
        views: How the maps are drawn; the first is shown unless another is asked for.
    """
    return tuple(_strip(strips, place, views) for place in range(len(strips.images)))


def pixels_of(strips: evaluation.Strips) -> int:
    """Return how many pixels all maps of kept strips have together."""
    return strips.maps[..., 0, :, :].numel()


def _strip(strips: evaluation.Strips, image: int, views: Sequence[View]) -> Strip:
    label = int(strips.labels[image])
    names = strips.class_names
    drawn = {view.key: _maps(strips, image, view) for view in views}
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
        scales={view.key: view.sentence for view in views},
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


def _maps(
    strips: evaluation.Strips, image: int, view: View
) -> dict[tuple[int, int], tuple[MapPicture, ...]]:
    """Return the drawn maps of an image, one a method, by the places of model and condition."""
    models, conditions = len(strips.models), len(strips.conditions)
    by_method = [view.pictures(maps[:, :, image].flatten(0, 1)) for maps in strips.maps]
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
