"""What the page says before anything is moved: who its models are, and what its pictures are not.

All text is escaped here: names of classes, models and files are data.
"""

from collections.abc import Sequence

from markupsafe import Markup

from cuelens.explore.drawing import COLOURS, text_alone
from cuelens.explore.pictures import Picture
from cuelens.explore.subjects import Subjects

__all__ = ["introduction_html"]

_FEW = 12
"""Classes that are named one by one."""


def introduction_html(subjects: Subjects, pictures: Sequence[Picture]) -> str:
    """Return the title, a line a model that says how it was trained, and one on the pictures.

    Args:
        subjects: The models.
        pictures: Those to pick from.
    """
    models = Markup("").join(
        Markup('<li><i style="background:{}"></i><span><b>{}</b>: {}</span></li>').format(
            COLOURS[place % len(COLOURS)], name, subjects.trained[name]
        )
        for place, name in enumerate(subjects.given)
        if name in subjects.trained
    )
    parts = [Markup("<h1>What models see in a picture</h1>")]
    if models:
        parts.append(Markup('<ul class="models">{}</ul>').format(models))
    if words := _known(subjects) + _strangers(subjects, pictures):
        parts.append(Markup('<p class="about">{}</p>').format(words.strip()))
    return text_alone(Markup("").join(parts))


def _known(subjects: Subjects) -> str:
    """Return which classes the models know, where they are few and the same."""
    lists = {one.class_names for one in subjects.given.values()}
    names = next(iter(lists))
    if len(lists) > 1 or len(names) > _FEW:
        return ""
    return f"Classes: {', '.join(names)}. "


def _strangers(subjects: Subjects, pictures: Sequence[Picture]) -> str:
    """Return what to make of pictures of which none is of a class that a model knows."""
    known = {name for one in subjects.given.values() for name in one.class_names}
    if any(one.label is None or one.label in known for one in pictures):
        return ""
    return Markup(
        "The pictures below are of none of the models' classes: watch how answers change, not "
        "whether they are right. For your own, drop one, or start with <code>--data FOLDER</code>."
    )
