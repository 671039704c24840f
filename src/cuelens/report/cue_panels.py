"""Charts of answers on conflict images and of texture contrast.

Nothing here is computed but the place of a number.
"""

import polars as pl

from cuelens.report.curves import dose_chart
from cuelens.report.data import ReportData
from cuelens.report.dots import answer_chart, dot_chart
from cuelens.report.groups import NEEDED, Group, Panel, unique
from cuelens.report.references import SHAPE_BIASES, SOURCE
from cuelens.study.outcomes.answers import with_widest

__all__ = ["answer_group", "dose_group"]


def answer_group(data: ReportData) -> Group | None:
    """Return what the models answered where shape and texture disagree."""
    if data.answers.is_empty():
        return None
    varying = [name for name in ("dataset", "condition") if data.answers[name].n_unique() > 1]
    place = pl.concat_str([pl.col(name) for name in ("model", *varying)], separator=", ")
    other = pl.concat_str([pl.col(name) for name in varying] or [pl.lit("")], separator=", ")
    # The bias has its own denominator: answers that follow shape or texture.
    bias = with_widest(data.answers).with_columns(
        place=other, n=pl.col("shape") + pl.col("texture"), value=pl.col("bias")
    )
    answers = answer_chart(
        "answers", "Answers on conflict images", data.answers.with_columns(place=place)
    )
    names = [model.name for model in data.models]
    biases = dot_chart(
        "shape-bias",
        "Shape bias",
        bias.drop_nulls("value").select("place", *NEEDED),
        names,
        step=20 if varying else 38,
        references=[one.row for one in SHAPE_BIASES],
    )
    return Group(
        key="answers",
        section="Shape or texture",
        title="Conflict images",
        sentence="Their shape says one class, their texture another. Shape bias is the share of "
        "shape among the answers that follow shape or texture. Its interval is the widest of those "
        "by image, by class and, where they are known, by sources: images that share a class or a "
        "source are not independent. " + SOURCE,
        panels=(Panel(chart=answers), Panel(chart=biases)),
        about=("shape bias", "conflict", *unique(data.answers["dataset"])),
        cues=True,
        notes=data.disagreements,
    )


def dose_group(data: ReportData) -> Group | None:
    """Return shape bias against the strength of the texture, beside the built-in curves."""
    dose = data.dose_response
    if dose is None or dose.frame.is_empty():
        return None
    title = f"{dose.quantity[:1].upper()}{dose.quantity[1:]}"
    names = [model.name for model in data.models]
    chart = dose_chart("dose-response", title, dose.frame, names, radius=dose.radius)
    curves = unique(dose.frame.filter(~pl.col("here"))["series"])
    return Group(
        key="dose",
        section="Shape or texture",
        title="The effect against texture contrast",
        sentence="Adversarial training can only remove a texture that its attack can reach. In "
        "colour: the standard and the adversarial models of this study. In grey: networks that "
        "cuelens\N{RIGHT SINGLE QUOTATION MARK}s authors trained on the same rendered images at "
        "several contrasts; none of them is a model of this study, and their intervals, over a "
        "thousand images and more, are by image alone.",
        panels=(Panel(chart=chart),),
        aside=tuple(f"built in: {curve}" for curve in curves),
    )
