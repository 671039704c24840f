"""The page in gradio: where things stand, and which function each of them calls.

It knows gradio and nothing of pictures; what is computed stands in `visits`.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cuelens.errors import ConfigError
from cuelens.explore.answers import SAMPLES
from cuelens.explore.drawing import picker_html
from cuelens.explore.introduction import introduction_html
from cuelens.explore.uploads import MOST_BYTES
from cuelens.explore.visits import RADII, SLIDERS, Visit, Visitor

if TYPE_CHECKING:
    import gradio

__all__ = ["looks_of_page", "page_of", "require_gradio"]

_FONTS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "sans-serif")
_MONO = ("ui-monospace", "Menlo", "Consolas", "DejaVu Sans Mono", "monospace")
_SAVE = (
    "(address) => { if (address) { const link = document.createElement('a'); "
    "link.href = address; link.download = 'cuelens-strip.png'; link.click(); } return address; }"
)
_SETTINGS = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "GRADIO_ANALYTICS_CACHE_FREQUENCY": "1000000000",
    "GRADIO_ANALYTICS_MAX_EVENTS": "10",
}
"""Of gradio, for this process: it tells nobody, and makes no tables of how often it was asked."""
_USUAL = "8/255"
_STEPS = (("One step", 1), ("Ten steps", 10))
_WAITING = 64
"""Requests that may wait; more are refused, not kept."""
_SESSIONS = 50
"""Visitors whose pictures are kept; the oldest is forgotten first."""


def require_gradio() -> Any:
    """Return gradio.

    Raises:
        ConfigError: If it is not installed.
    """
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    try:
        import gradio
    except ImportError as error:
        raise ConfigError(
            f"`cuelens explore` needs the package gradio, got none ({error}). "
            "Install it: pip install 'cuelens[explore]'."
        ) from error
    return gradio


def looks_of_page() -> dict[str, Any]:
    """Return theme and style sheet; nothing of it is asked of another host."""
    gr = require_gradio()
    theme = gr.themes.Base(font=list(_FONTS), font_mono=list(_MONO), primary_hue="blue")
    return {"theme": theme, "css": _own("page.css")}


@cache
def _own(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Parts:
    """The parts of the page that events read or write; gradio's components."""

    visitor: Any
    picker: Any
    complaint: Any
    sliders: list[Any]
    reset: Any
    answers: Any
    looks: Any
    radius: Any
    steps: tuple[tuple[Any, int], ...]
    attack: Any
    attack_looks: Any
    save: Any
    strip: Any


def page_of(visit: Visit) -> "gradio.Blocks":
    """Return the page.

    Args:
        visit: Its models and pictures.

    Raises:
        ConfigError: If gradio is not installed.
    """
    gr = require_gradio()
    with gr.Blocks(title="cuelens explore", analytics_enabled=False) as blocks:
        parts = _parts(gr, visit)
        _wire_picture(gr, blocks, visit, parts)
        _wire_attack(gr, visit, parts)
    blocks.queue(max_size=_WAITING, default_concurrency_limit=2)
    blocks.state_session_capacity = _SESSIONS
    return blocks  # type: ignore[no-any-return]


def _parts(gr: Any, visit: Visit) -> _Parts:
    """Return the components, laid out: what is done to the picture left, what comes of it right."""

    def newcomer() -> Visitor:
        """A function, not a method: gradio copies what a method belongs to, models and all."""
        return visit.newcomer()

    visitor = gr.State(newcomer)
    visitor.load_event_to_attach = None  # a first value is enough, and no event of ours
    introduction = introduction_html(visit.subjects, visit.pictures)
    gr.HTML(introduction, js_on_load=None, elem_id="introduction")
    picker = gr.HTML(
        html_template=picker_html(visit.pictures, _formats()),
        js_on_load=_own("picker.js").replace("MOST_BYTES", str(MOST_BYTES)),
        elem_id="picker",
    )
    complaint = gr.HTML(elem_id="complaint", js_on_load=None)
    with gr.Row(elem_id="bench"):
        with gr.Column(scale=2, min_width=280, elem_id="controls"):
            heading = '<h2 class="heard">Sliders</h2>'
            gr.HTML(heading, js_on_load=_own("fields.js"), elem_id="sliders")
            sliders = [
                gr.Slider(least, most, value=rest, step=step, label=title)
                for title, least, most, step, rest in SLIDERS
            ]
            reset = gr.Button("All sliders back", size="sm", elem_id="reset")
        with gr.Column(scale=5, min_width=320, elem_id="results"):
            answers = gr.HTML(elem_id="answers", js_on_load=None)
            looks = gr.HTML(elem_id="looks", js_on_load=None)
            gr.HTML("<h2>Attack</h2>", js_on_load=None, elem_id="attack-title")
            with gr.Row(elem_id="attack-row"):
                radius = gr.Dropdown(list(RADII), value=_USUAL, label="Radius (Linf)")
                steps = tuple(
                    (gr.Button(title, elem_id=f"steps-{count}"), count) for title, count in _STEPS
                )
                save = gr.Button("Save the strip", elem_id="save")
            attack = gr.HTML(elem_id="attack", js_on_load=None)
            attack_looks = gr.HTML(elem_id="attack-looks", js_on_load=None)
            strip = gr.Textbox(visible=False)
    return _Parts(
        visitor=visitor, picker=picker, complaint=complaint, sliders=sliders, reset=reset,
        answers=answers, looks=looks, radius=radius, steps=steps, attack=attack,
        attack_looks=attack_looks, save=save, strip=strip,
    )  # fmt: skip


def _formats() -> str:
    return f"PNG, JPEG, WebP, GIF or BMP, at most {MOST_BYTES // 2**20} MiB; it stays here"


def _quiet(**more: Any) -> dict[str, Any]:
    """Return what every event has: no entry in a list of interfaces, no veil over the page."""
    return {"api_visibility": "private", "show_progress": "hidden", **more}


def _last() -> dict[str, Any]:
    """Return what events have of which the last counts: those between are left out."""
    return _quiet(trigger_mode="always_last")


def _in_turn() -> dict[str, Any]:
    """Return what events have that change the visitor: all count, one after another."""
    return _quiet(trigger_mode="multiple", concurrency_id="visitor", concurrency_limit=1)


def _wire_picture(gr: Any, blocks: Any, visit: Visit, parts: _Parts) -> None:
    """Wire picture and sliders to answers, and answers to looks, which come when they are ready."""

    def answer(who: Visitor, *numbers: object) -> str:
        return visit.answers(who, numbers)

    def look(samples: int) -> Callable[..., str]:
        def looks(who: Visitor, *numbers: object) -> Any:
            found = visit.looks(who, numbers, samples)
            return gr.skip() if found is None else found

        return looks

    def pick(who: Visitor, event: Any) -> tuple[Visitor, str]:
        return visit.pick(who, _sent(event).get("place"))

    def drop(who: Visitor, event: Any) -> tuple[Visitor, str]:
        return visit.drop(who, _sent(event).get("name"), _sent(event).get("content"))

    def attacked(who: Visitor) -> tuple[str, str]:
        """An attack on the picture before is no longer shown."""
        return visit.attacked(who), ""

    def refuse(event: Any) -> str:
        return visit.refuse(_sent(event).get("size"))

    for hearing in (pick, drop, refuse):
        hearing.__annotations__["event"] = gr.EventData  # how gradio knows what it is to pass
    seen, picker = [parts.visitor, *parts.sliders], parts.picker
    kept = [parts.visitor, parts.complaint]
    moved = gr.on([one.change for one in parts.sliders], answer, seen, parts.answers, **_last())
    chosen = [
        picker.picked(pick, parts.visitor, kept, **_in_turn()),
        picker.dropped(drop, parts.visitor, kept, **_in_turn()),
    ]
    parts.reset.click(lambda: [rest for *_, rest in SLIDERS], None, parts.sliders, **_quiet())
    picker.refused(refuse, None, parts.complaint, **_quiet())
    opened = blocks.load(answer, seen, parts.answers, **_quiet())
    followed = [one.then(answer, seen, parts.answers, **_last()) for one in chosen]
    for one in chosen:
        one.then(attacked, parts.visitor, [parts.attack, parts.attack_looks], **_quiet())
    for event in (opened, moved, *followed):
        shown = event
        for samples in SAMPLES:  # soon a noisy map, then a calm one
            shown = shown.then(look(samples), seen, parts.looks, **_last())


def _wire_attack(gr: Any, visit: Visit, parts: _Parts) -> None:
    """Wire the attack's buttons, and the one that saves the strip."""

    def by(count: int) -> Callable[..., tuple[Visitor, str]]:
        def step(who: Visitor, reach: object, *numbers: object) -> tuple[Visitor, str]:
            return visit.step(who, numbers, reach, count)

        return step

    def look(samples: int) -> Callable[..., str]:
        def looks(who: Visitor) -> str:
            return visit.attack_looks(who, samples)

        return looks

    def strip(who: Visitor, *numbers: object) -> str:
        return visit.strip(who, numbers)

    read, written = [parts.visitor, parts.radius, *parts.sliders], [parts.visitor, parts.attack]
    for button, count in parts.steps:
        stepped = button.click(by(count), read, written, **_in_turn())
        for samples in SAMPLES:
            stepped = stepped.then(look(samples), parts.visitor, parts.attack_looks, **_last())
    aged = [parts.answers, parts.attack, parts.radius]
    gr.on([one.change for one in aged], None, aged, js=_own("stale.js"), **_quiet())
    saved = parts.save.click(strip, [parts.visitor, *parts.sliders], parts.strip, **_quiet())
    saved.then(None, parts.strip, parts.strip, js=_SAVE, **_quiet())


def _sent(event: Any) -> dict[str, Any]:
    """Return what a part of the page sent; nothing where it is no mapping."""
    data = event._data
    return data if isinstance(data, dict) else {}
