"""Named checks of salience maps: do they show the model, and is what is drawn of them to be seen?

It reads the records of maps on clean images; what the numbers decide is in `verdicts`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from cuelens.evaluation import REFERENCE_MAPS
from cuelens.means import difference_of_means, mean
from cuelens.metrics import range_of
from cuelens.statistics import Difference, Values, holm
from cuelens.study.checks.checks import Check
from cuelens.study.outcomes.outcomes import CLEAN, require_columns

__all__ = ["DARK", "MANY_WHITE", "salience_checks"]

_STILL_ALIKE = 0.5
"""Rank correlation with the map of random weights from which on a map shows the image."""

_RANDOMISED = "randomised_rank_correlation"
_CASCADE = "cascade_rank_correlation:"

_BETTER = {"deletion": -1, "insertion": 1, "contour_share": 1}
"""What tells a map that explains from one that does not, and which sign is better."""

_WORDS = {"deletion": "deletion area", "insertion": "insertion area", "contour_share": "contours"}

_SURE = 0.05
MANY_WHITE = 0.05
"""White is the 99th percentile: five times as many white pixels tie at the top."""
DARK = 0.02
"""Mean grey below which a map is black but for a few pixels."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Maps:
    """The measures of one model's maps by one method, by image."""

    model: str
    method: str
    measures: Mapping[str, Mapping[str, float]]

    def values(self, measure: str) -> Values:
        """Return the values that are numbers."""
        values = np.array(list(self.measures.get(measure, {}).values()), dtype=np.float64)
        return values[np.isfinite(values)]

    def beside(self, other: "_Maps", measure: str) -> tuple[Values, Values]:
        """Return the values of the images of which both have one."""
        own, others = (maps.measures.get(measure, {}) for maps in (self, other))
        pairs = np.array([(own[image], others[image]) for image in own if image in others])
        pairs = pairs.reshape(-1, 2)
        known = pairs[np.isfinite(pairs).all(1)]
        return known[:, 0], known[:, 1]

    def check(self, name: str, words: str, *, raised: bool) -> Check:
        """Return a check of these maps."""
        return Check(
            name=name,
            raised=raised,
            sentence=f"{self.method} maps of {self.model}: {words}",
            about=(self.method, self.model),
        )


def salience_checks(salience: pl.DataFrame) -> tuple[Check, ...]:
    """Return what doubts the maps of each model and method, as far as it was measured.

    - `survives-randomisation`: the map is still alike when all weights are drawn by chance.
    - `no-better-than-edges`, `no-better-than-noise`: no measure of what a map is worth (deletion,
      insertion, share on contours) is surely better than that of the image's edges, or of noise.
      One that is suffices; the sentence tells how the others stand.
    - `saturated-scale`: drawn on its own scale, a map is white in large parts, or black but for few
      pixels.

    Args:
        salience: Records of salience measures, those of `REFERENCE_MAPS` among them.

    Raises:
        RecordError: If a column is missing.
    """
    columns = ("model", "dataset", "family", "method", "image", "measure", "value")
    require_columns("salience", salience, columns)
    found: list[Check] = []
    clean = salience.filter(pl.col("family") == CLEAN)
    for (model, _), part in clean.group_by("model", "dataset", maintain_order=True):
        by_method = {
            str(method): _maps(str(model), str(method), rows)
            for (method,), rows in part.group_by("method", maintain_order=True)
        }
        for name, maps in by_method.items():
            if name not in REFERENCE_MAPS:
                found += _randomised(maps)
                for reference in REFERENCE_MAPS:
                    found += _no_better(maps, by_method.get(reference))
                found += _scale(maps)
    return tuple(found)


def _maps(model: str, method: str, rows: pl.DataFrame) -> _Maps:
    means = rows.group_by("measure", "image").agg(pl.col("value").mean()).sort("measure", "image")
    measures: dict[str, dict[str, float]] = {}
    for measure, image, value in means.select("measure", "image", "value").iter_rows():
        measures.setdefault(measure, {})[image] = value
    return _Maps(model=model, method=method, measures=measures)


def _randomised(maps: _Maps) -> Iterator[Check]:
    values = maps.values(_RANDOMISED)
    if len(values) < 2:
        return
    alike = mean(values, within=range_of(_RANDOMISED))
    raised = alike.low > _STILL_ALIKE
    still = "still " if raised else ""
    words = (
        "with all weights drawn by chance their rank correlation with the maps of the trained "
        f"network is {still}{alike.value:.2f} (interval {alike.low:.2f} to {alike.high:.2f}, "
        f"n = {alike.n:,})"
    )
    words += ": they show the image more than what the network has learnt." if raised else "."
    yield maps.check("survives-randomisation", words + _partly(maps, values), raised=raised)


def _partly(maps: _Maps, whole: Values) -> str:
    """Return how alike the maps are where only the last layers are random, at the most."""
    stops = {
        name.removeprefix(_CASCADE): maps.values(name)
        for name in maps.measures
        if name.startswith(_CASCADE)
    }
    partly = {
        layer: float(values.mean())
        for layer, values in stops.items()
        if len(values) and not np.array_equal(values, whole)
    }
    if not partly:
        return ""
    layer = max(partly, key=lambda name: partly[name])
    return (
        f" With the layers from the last down to {layer} drawn by chance it is {partly[layer]:.2f}."
    )


def _no_better(maps: _Maps, reference: _Maps | None) -> Iterator[Check]:
    if reference is None:
        return
    compared = {measure: maps.beside(reference, measure) for measure in _BETTER}
    compared = {measure: pair for measure, pair in compared.items() if len(pair[0]) >= 2}
    if not compared:
        return
    found = {measure: difference_of_means(*pair) for measure, pair in compared.items()}
    better = _surely(found, sign=1)
    worse = _surely(found, sign=-1)
    numbers = ", ".join(
        f"{_WORDS[name]} {own.mean():.3f} against {other.mean():.3f} "
        f"({'more' if _BETTER[name] > 0 else 'less'} is better, n = {len(own):,})"
        for name, (own, other) in compared.items()
    )
    against = {"edges": "the edges of the image", "noise": "noise"}[reference.method]
    rest = [name for name in found if name not in {*better, *worse}]
    parts = [
        (f"better than {against}", "better", better),
        (f"worse than {against}", "worse", worse),
        (f"not surely better or worse than {against}", "not surely better or worse", rest),
    ]
    said = [(whole, short, _named(names)) for whole, short, names in parts if names]
    told = [
        f"{short if place else whole} by {names}"
        for place, (whole, short, names) in enumerate(said)
    ]
    if better and worse:  # a check that passes must not read as one that fails
        told[1] = f"which is enough to pass, though {told[1]}"
    words = f"{', '.join(told)} (paired t, corrected for {len(found)}): {numbers}."
    words += "" if better else " What they show may have nothing to do with the model."
    yield maps.check(f"no-better-than-{reference.method}", words, raised=not better)


def _surely(found: Mapping[str, Difference], *, sign: int) -> list[str]:
    """Return the measures that are surely better, or worse (sign -1), after Holm's correction."""
    p_values = holm(
        [one.p_above if sign * _BETTER[name] > 0 else one.p_below for name, one in found.items()]
    )
    return [name for name, p in zip(found, p_values, strict=True) if p < _SURE]


def _named(measures: Sequence[str]) -> str:
    """Return "deletion area and contours"."""
    words = [_WORDS[name] for name in measures]
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else words[0]


def _scale(maps: _Maps) -> Iterator[Check]:
    white, bright = maps.values("white_share"), maps.values("drawn_brightness")
    filled = int((maps.values("gradient_l1") > 0).sum())
    if filled > 2 * len(white):  # zero at the 99th percentile, so that there is no white
        words = (
            f"of {filled:,} maps that are not zero everywhere, {filled - len(white):,} hold "
            "something in fewer than 1 % of their pixels: drawn with the 99th percentile white "
            "they are black."
        )
        yield maps.check("saturated-scale", words, raised=True)
        return
    if not len(white) or not len(bright):
        return
    share, grey = float(white.mean()), float(bright.mean())
    words = (
        f"drawn with the 99th percentile white, {100 * share:.1f} % of the pixels are white and "
        f"the mean grey is {grey:.3f} (means over {len(white):,} images)"
    )
    if share > MANY_WHITE:
        words += f"; more than {100 * MANY_WHITE:.0f} % white: what is strongest cannot be seen"
    elif grey < DARK:
        words += f"; below {DARK:g} a few pixels leave the rest black"
    raised = share > MANY_WHITE or grey < DARK
    yield maps.check("saturated-scale", f"{words}.", raised=raised)
