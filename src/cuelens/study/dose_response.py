"""Shape bias against texture contrast: the published curve, and where a study stands on it.

The records of the curve come with the package; `docs/results/dose-response.md` tells how they were
made.
"""

from importlib import resources

import polars as pl

from cuelens.statistics import wilson
from cuelens.study.images.data import CueControlled
from cuelens.study.outcomes.answers import with_widest
from cuelens.study.plan.plan import ModelPlan, Plan, demo_plan

__all__ = ["dose_response", "published_records"]

_FILE = "files/dose-response.csv"
_SETTINGS = ("size", "predictive", "figure_contrast", "cue_strength")
"""Of the images, the same all along the curve: those of the demo."""


def published_records() -> pl.DataFrame:
    """Return the records: one row a contrast, radius and training seed.

    Returns:
        Columns contrast and radius (in units of the pixel range; radius 0 is standard training),
        seed, clean (test accuracy), shape, texture, other (answers on the conflict set).
    """
    with resources.files("cuelens.study").joinpath(_FILE).open("rb") as file:
        return pl.read_csv(file)


def dose_response(plan: Plan, answers: pl.DataFrame) -> pl.DataFrame | None:
    """Return the published curve with a study's own models on it.

    Args:
        plan: The study.
        answers: Of the study's models on its conflict set.

    Returns:
        Columns series, model (of the study's own points), contrast, n, value (shape bias), low,
        high, here; None if the study's images are not rendered with the curve's settings. Intervals
        of the curve are by image, of the study's own points the widest that is known.
    """
    curve = demo_plan().data
    if not isinstance(plan.data, CueControlled) or any(
        getattr(plan.data, name) != getattr(curve, name) for name in _SETTINGS
    ):
        return None
    rows = [
        _row(_series(radius), None, contrast, shape, texture)
        for (contrast, radius), part in published_records().group_by(
            "contrast", "radius", maintain_order=True
        )
        for shape, texture in [(int(part["shape"].sum()), int(part["texture"].sum()))]
    ]
    shown = {*plan.players("standard"), *plan.players("adversarial")}
    radii = {model.name: _radius(model) for model in plan.models if model.name in shown}
    for row in with_widest(answers).iter_rows(named=True):
        if row["model"] in radii and row["shape"] + row["texture"]:
            label = f"this study, {_series(radii[row['model']])}"
            own = _row(
                label, row["model"], plan.data.texture_contrast, row["shape"], row["texture"]
            )
            rows.append(own | {"low": row["low"], "high": row["high"]})
    return pl.DataFrame(rows, schema_overrides={"model": pl.String})


def _radius(model: ModelPlan) -> float:
    """Return the radius that a network was trained at; 0 without an attack."""
    ball = model.recipe.objective.ball
    return 0.0 if ball is None else ball.radius


def _series(radius: float) -> str:
    return "standard" if radius == 0 else f"adversarial, {round(255 * radius, 2):g}/255"


def _row(
    series: str, model: str | None, contrast: float, shape: int, texture: int
) -> dict[str, object]:
    bias = wilson(shape, shape + texture)
    return {
        "series": series,
        "model": model,
        "contrast": contrast,
        "n": bias.n,
        "value": bias.value,
        "low": bias.low,
        "high": bias.high,
        "here": model is not None,
    }
