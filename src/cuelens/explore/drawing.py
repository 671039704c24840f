"""The parts of the page as HTML: answers, looks, an attack, a complaint.

All text is escaped here: names of classes, models and files are data. Pictures are data addresses,
so that the page asks for no file.
"""

import base64
import io
from collections.abc import Iterable, Sequence

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray
from PIL import Image

from cuelens.explore.answers import Answer, Look
from cuelens.explore.attack_trail import AttackTrail
from cuelens.explore.pictures import Picture
from cuelens.tensors import Images

__all__ = [
    "COLOURS",
    "answers_html",
    "attack_html",
    "attack_looks_html",
    "complaint_html",
    "looks_html",
    "picker_html",
    "png_address",
    "png_data",
    "shown_pixels",
    "text_alone",
]

COLOURS = ("#3b73ea", "#dd5f0b", "#766c70", "#00995a", "#c859af", "#2e2c2e", "#893f00", "#7d8a00")
"""Of the models, as in reports, by their place."""

_LEFT, _TOP, _WIDE, _HIGH = 28, 8, 220, 74
"""Of the curve of an attack: where its axes meet, and how long they are."""

_ONE_COLOUR = 4 / 255
"""A picture whose channels each range over no more has one colour to the eye."""


def shown_pixels(images: Images) -> NDArray[np.uint8]:
    """Return a batch of one as bytes, channels last."""
    pixels: NDArray[np.uint8] = (
        (images[0].clamp(0, 1) * 255).round().byte().movedim(0, -1).contiguous().numpy()
    )
    return pixels


def png_address(picture: NDArray[np.uint8]) -> str:
    """Return a picture as a data address."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG", compress_level=1)
    return png_data(file.getvalue())


def png_data(content: bytes) -> str:
    """Return a PNG file as a data address."""
    return f"data:image/png;base64,{base64.b64encode(content).decode('ascii')}"


def _img(picture: NDArray[np.uint8], alt: str, kind: str = "") -> Markup:
    return Markup('<img class="px {}" src="{}" alt="{}">').format(kind, png_address(picture), alt)


def complaint_html(sentence: str) -> str:
    """Return why something was not done."""
    return text_alone(Markup('<p class="complaint" role="alert">{}</p>').format(sentence))


def answers_html(
    picture: Picture, seen: Images, answers: Sequence[Answer], *, words: str, caption: str
) -> str:
    """Return the picture as models see it and what each answers.

    Args:
        picture: As it was picked.
        seen: As the sliders make it.
        answers: One a model.
        words: What the sliders do, as an attack says on what it is.
        caption: The same, as a person reads it.
    """
    head = Markup(
        '<h2 class="heard">What each model answers</h2>'
        '<div class="seen" data-name="{}" data-words="{}">'
        "<figure>{}<figcaption>{}<br><small>{}</small></figcaption></figure>"
        "<figure>{}<figcaption>as the models see it<br><small>{}</small></figcaption></figure>"
        "</div>"
    ).format(
        picture.name,
        words,
        _img(shown_pixels(picture.images), "the picture"),
        picture.name,
        _class(picture.label, answers),
        _img(shown_pixels(seen), "the picture as the sliders make it"),
        caption,
    )
    cards = _cards(_answer(one, place, picture.label) for place, one in enumerate(answers))
    return text_alone(head + _nothing(seen) + cards)


def _nothing(seen: Images) -> Markup:
    """Return a sentence where a picture has (almost) one colour; nothing elsewhere."""
    spread = seen.amax((2, 3)) - seen.amin((2, 3))
    if float(spread.max()) > _ONE_COLOUR:
        return Markup("")
    return Markup('<p class="about">Nothing is left to see: the picture has become one colour.</p>')


def _class(label: str | None, answers: Sequence[Answer]) -> str:
    if label is None:
        return "class unknown"
    known = any(label in one.names for one in answers)
    return f"class {label}" if known else f"class {label}, which no model here knows"


def text_alone(part: Markup) -> str:
    """Return HTML without what gradio takes for a template's own, whoever wrote it."""
    text = str(part)
    for character in "{}`$\\":
        text = text.replace(character, f"&#{ord(character)};")
    return text


def _cards(parts: Iterable[Markup]) -> Markup:
    return Markup('<div class="cards">{}</div>').format(Markup("").join(parts))


def _name(model: str, place: int) -> Markup:
    return Markup('<h3><i style="background:{}"></i>{}</h3>').format(
        COLOURS[place % len(COLOURS)], model
    )


def _answer(answer: Answer, place: int, label: str | None) -> Markup:
    if answer.place < 0:
        return Markup('<div class="card">{}<p>gave no numbers</p></div>').format(
            _name(answer.model, place)
        )
    verdict = ""
    if label in answer.names:
        verdict = " \N{CHECK MARK}" if answer.classes[0] == label else " \N{MULTIPLICATION SIGN}"
    bars = Markup("").join(
        Markup('<tr><th scope="row">{}</th><td><b style="width:{}%;background:{}"></b></td>'
               "<td>{}</td></tr>").format(
            name, f"{100 * share:.1f}", COLOURS[place % len(COLOURS)], f"{100 * share:.1f} %"
        )
        for name, share in zip(answer.classes, answer.probabilities, strict=True)
    )  # fmt: skip
    return Markup(
        '<div class="card" data-model="{}" data-answer="{}">{}<p class="says">{}{}</p>'
        "<table>{}</table></div>"
    ).format(
        answer.model, answer.classes[0], _name(answer.model, place), answer.classes[0], verdict,
        bars,
    )  # fmt: skip


def looks_html(looks: Sequence[Look], words: str, *, title: str = "Where each model looks") -> str:
    """Return where each model looks."""
    cards = _cards(
        Markup('<div class="card">{}{}<p><small>what speaks for {}: white {}, {}</small></p></div>')
        .format(
            _name(one.model, place),
            _img(one.picture, f"where {one.model} looks", "map"),
            one.explained,
            f"{one.white:.2g}",
            f"mean of {one.samples} noisy gradients" if one.samples > 1 else "one gradient",
        )
        for place, one in enumerate(looks)
    )  # fmt: skip
    about = Markup('<h2>{}</h2><p class="about">Picture: {}. Black is no salience; '
                   "each map has its own white.</p>").format(title, words)  # fmt: skip
    return text_alone(about + cards)


def attack_html(trail: AttackTrail, words: str) -> str:
    """Return how far an attack has come: pictures, answers, and a curve a model."""
    cards = _cards(_attacked(trail, model, place) for place, model in enumerate(trail.answers))
    radius = f"{trail.radius * 255:g}/255"
    about = Markup(
        '<p class="about" role="status" data-words="{}" data-radius="{}">Step {} of the attack, '
        "each at most {} away from the picture ({}); what was changed is magnified. "
        '<b class="since">Sliders or radius have moved since: the next step begins anew.</b></p>'
    ).format(words, radius, trail.steps, radius, words)
    return text_alone(about + cards)


def attack_looks_html(looks: Sequence[Look]) -> str:
    """Return where each model looks in its attacked picture."""
    title = "Where each model looks under attack"
    return looks_html(looks, "each model's own, attacked", title=title)


def _attacked(trail: AttackTrail, model: str, place: int) -> Markup:
    first, last = trail.answers[model][0], trail.answers[model][-1]
    turned = trail.turned(model)
    change = (trail.current[model] - trail.original) / (2 * trail.radius) + 0.5
    fate = f"turned after step {turned}" if turned is not None else "has not turned"
    return Markup(
        '<div class="card" data-turned="{}">{}<div class="pair">{}{}</div><p class="says">{} → {} '
        "<small>{}</small></p><p><small>{}</small></p>{}</div>"
    ).format(
        "" if turned is None else turned,
        _name(model, place),
        _img(shown_pixels(trail.current[model]), f"attacked on {model}"),
        _img(shown_pixels(change), "what was changed, magnified"),
        first.classes[0],
        last.classes[0],
        f"{100 * last.probabilities[0]:.1f} %",
        fate,
        _curve(trail, model, place),
    )


def _curve(trail: AttackTrail, model: str, place: int) -> Markup:
    """Return the probability of the first answer against the steps, as a small figure."""
    answers = trail.answers[model]
    name = answers[0].classes[0]
    shares = [
        dict(zip(one.classes, one.probabilities, strict=True)).get(name, 0) for one in answers
    ]
    most = max(len(shares) - 1, 10)
    bottom, right = _TOP + _HIGH, _LEFT + _WIDE
    points = " ".join(
        f"{_LEFT + _WIDE * step / most:.1f},{bottom - _HIGH * share:.1f}"
        for step, share in enumerate(shares)
    )
    upward = ((f"{share:g}", bottom - _HIGH * share) for share in (0, 0.5, 1))
    onward = ((step, _LEFT + _WIDE * step / most) for step in (0, most / 2, most))
    numbers = Markup("").join(
        [Markup('<text class="up" x="{}" y="{:.1f}">{}</text>').format(_LEFT - 5, y + 4, text)
         for text, y in upward]
        + [Markup('<text x="{:.1f}" y="{}">{:g}</text>').format(x, bottom + 15, step)
           for step, x in onward]
    )  # fmt: skip
    return Markup(
        '<svg viewBox="0 0 {} {}" role="img" aria-label="{}"><path d="M{} {}V{}H{}"/>{}'
        '<polyline points="{}" style="stroke:{}"/></svg>'
        "<p><small>probability of {}, by step</small></p>"
    ).format(
        right + 12, bottom + 20,
        f"probability of {name} by step: " + ", ".join(f"{share:.2f}" for share in shares),
        _LEFT, _TOP, bottom, right, numbers, points, COLOURS[place % len(COLOURS)], name,
    )  # fmt: skip


def picker_html(pictures: Sequence[Picture], formats: str) -> str:
    """Return where a picture is dropped or picked.

    Args:
        pictures: Those to pick from.
        formats: Which files may be dropped, in words.
    """
    button = Markup(
        '<button type="button" data-place="{}" data-name="{}" title="{}" aria-label="{}" '
        'aria-pressed="{}"><img src="{}" alt=""></button>'
    )
    thumbs = Markup("").join(
        button.format(
            place,
            one.name,
            one.name,
            f"Picture {place + 1}: {one.label or one.name}",
            "false" if place else "true",  # a newcomer sees the first
            png_address(shown_pixels(_small(one.images))),
        )
        for place, one in enumerate(pictures)
    )
    return text_alone(
        Markup(
            '<h2 class="heard">Pictures</h2><div class="choose">'
            '<label class="drop"><input type="file" accept="image/png,image/jpeg,image/webp,'
            'image/gif,image/bmp"><span>Drop a picture here, or choose one</span><small>{}</small>'
            '</label><div class="thumbs" role="group" aria-label="Pictures">{}</div></div>'
        ).format(formats, thumbs)
    )


def _small(images: Images) -> Images:
    """Return every so-many-eth pixel, for thumbnails."""
    every = max(1, images.shape[-1] // 64)
    return images[:, :, ::every, ::every]
