"""Oracles of published decisions: shape counts of people and networks, where the files are."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from cuelens.study.exchange.decisions import Decisions, read_decisions
from cuelens.study.oracles.finding import Finding, Oracle, near
from cuelens.study.outcomes.answers import answers_of

__all__ = ["responses_in", "shape_counts"]

_PLACE = "texture-vs-shape/raw-data/style-transfer-512-nomask-experiment"
_PUBLISHED = {
    "vgg": (130, 625),
    "googlenet": (228, 503),
    "alexnet": (283, 376),
    "subject": (9236, 398),
}
"""Answers by shape and by texture, by how the names of observers begin: ten of them are people."""


def shape_counts(
    places: Sequence[Path], read: Callable[[Sequence[Path]], Decisions] = read_decisions
) -> Finding:
    """Count the answers of the published files that follow shape, and those that follow texture."""
    answers = answers_of(read(places).predictions)
    found = [
        float(sum(one.counts[cue] for one in answers if one.model.startswith(name)))
        for name in _PUBLISHED
        for cue in ("shape", "texture")
    ]
    return near(found, [float(one) for counts in _PUBLISHED.values() for one in counts], 0.0)


def responses_in(data: Path) -> tuple[Oracle, ...]:
    """Return the oracles for which a data folder holds the files; none where there are none."""
    folder = data / _PLACE
    if not folder.is_dir():
        return ()
    return (
        Oracle(
            name="data/published-responses",
            claim="Published answers of people and three networks give the published counts.",
            look=partial(shape_counts, [folder]),
        ),
    )
