"""A report's data with planted numbers."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from cuelens.report import (
    Check,
    DoseResponse,
    Effect,
    MapPicture,
    ModelRow,
    Rate,
    ReportData,
    Strip,
    StripCell,
    Verdict,
    write_report,
)
from cuelens.report.attack_examples import ExampleCell, ExampleRow, ExampleStrip
from cuelens.study.outcomes.cue_profiles import PROFILE_COLUMNS

CONDITIONS = {
    "saturation": (1.0, 4.0, 8.0, 16.0, 64.0, 1024.0),
    "contrast": (1.0, 4.0, 8.0, 16.0, 64.0, 1024.0),
    "shuffle": (2.0, 4.0, 8.0),
    "borders": (2.0, 4.0, 8.0),
    "low-pass": (4.0, 8.0, 12.0),
}
KEPT: dict[str, tuple[tuple[float, ...], ...]] = {
    "saturation": ((0.99, 0.93, 0.81, 0.66, 0.49, 0.43), (0.99, 0.98, 0.95, 0.89, 0.79, 0.74),
                   (0.98, 0.94, 0.83, 0.70, 0.55, 0.49)),
    "contrast": ((0.99, 0.97, 0.94, 0.91, 0.87, 0.85), (0.99, 0.98, 0.96, 0.93, 0.88, 0.86),
                 (0.99, 0.97, 0.93, 0.90, 0.86, 0.84)),
    "shuffle": ((0.83, 0.55, 0.30), (0.58, 0.29, 0.17), (0.79, 0.52, 0.31)),
    "borders": ((0.97, 0.93, 0.84), (0.97, 0.94, 0.87), (0.96, 0.91, 0.82)),
    "low-pass": ((0.31, 0.66, 0.91), (0.72, 0.93, 0.99), (0.35, 0.69, 0.90)),
}  # fmt: skip
CLEAN = (0.914, 0.846, 0.849)
ROBUST = {"pgd-linf-8/255": (0.021, 0.478, 0.034), "pgd-l2-0.5": (0.118, 0.571, 0.142)}


def _row(model: str, quantity: str, value: float, n: int, **place: Any) -> dict[str, Any]:
    half = 1.96 * (max(value * (1 - value), 1e-4) / n) ** 0.5
    return {
        "model": model, "dataset": "test", "condition": "clean", "family": "clean", "level": None,
        "n": n, "quantity": quantity, "value": value, "low": max(0.0, value - half),
        "high": min(1.0, value + half), "method": "Wilson",
    } | place  # fmt: skip


def _summaries(names: tuple[str, ...]) -> pl.DataFrame:
    rows = []
    for place, model in enumerate(names):
        rows.append(_row(model, "accuracy", CLEAN[place], 2000))
        for family, levels in CONDITIONS.items():
            for step, level in enumerate(levels):
                kept = KEPT[family][place][step]
                where = {"condition": f"{family}={level:g}", "family": family, "level": level}
                right = round(2000 * CLEAN[place])
                rows.append(_row(model, "retention", kept, right, **where))
                accuracy = kept * CLEAN[place] + 0.04
                rows.append(_row(model, "accuracy", accuracy, 2000, **where))
                change = _row(model, "image change", 0.1 + 0.05 * step, 2000, **where)
                rows.append(change | {"low": None, "high": None, "method": None})
                apart = _row(model, "structural distance", 0.1 + 0.1 * step, 2000, **where)
                rows.append(apart | {"low": None, "high": None, "method": None})
        grey = {"condition": "greyscale", "family": "greyscale"}
        rows.append(_row(model, "retention", 0.97 - 0.02 * place, 1800, **grey))
        rows.append(_row(model, "accuracy", 0.87 - 0.03 * place, 2000, **grey))
        for condition, values in ROBUST.items():
            where = {"condition": condition, "family": "attack", "level": 0.03}
            rows.append(_row(model, "robust accuracy", values[place], 1000, **where))
            kept = values[place] / CLEAN[place]
            rows.append(_row(model, "robust retention", kept, 900, **where))
    return pl.DataFrame(rows, infer_schema_length=None)


def _answers(names: tuple[str, ...]) -> pl.DataFrame:
    counts = ((236, 1432, 132), (571, 1018, 211), (258, 1352, 190))
    rows = []
    for model, (shape, texture, other) in zip(names, counts, strict=True):
        bias = shape / (shape + texture)
        rows.append(
            {
                "model": model, "dataset": "conflict", "condition": "clean", "n": 1800,
                "shape": shape, "texture": texture, "other": other, "bias": bias,
                "low": bias - 0.06, "high": bias + 0.07, "method": "crossed",
            }
        )  # fmt: skip
    return pl.DataFrame(rows)


def _salience(names: tuple[str, ...]) -> pl.DataFrame:
    means = {
        "sparsity": (0.541, 0.688, 0.552),
        "contour_share": (0.231, 0.372, 0.242),
        "inside_share": (0.402, 0.561, 0.411),
        "gradient_l1": (14.2, 3.1, 11.8),
        "edge_overlap": (0.121, 0.302, 0.13),
        "deletion": (0.31, 0.22, 0.30),
        "insertion": (0.52, 0.66, 0.53),
        "noise_rank_correlation": (0.61, 0.84, 0.62),
        "randomised_rank_correlation": (0.08, 0.11, 0.07),
        "randomised_top_overlap": (0.12, 0.14, 0.11),
        "cascade_rank_correlation:fc": (0.31, 0.29, 0.33),
        "cascade_rank_correlation:conv": (0.08, 0.11, 0.07),
    }
    rows = [
        {
            "model": model, "dataset": "test", "condition": condition, "method": "SmoothGrad",
            "measure": measure, "n": 500, "value": factor * values[place],
            "low": factor * values[place] * 0.965, "high": factor * values[place] * 1.035,
        }
        for measure, values in means.items()
        for factor, condition in ((1.0, "clean"), (0.93, "saturation=8"), (0.9, "shuffle=4"))
        for place, model in enumerate(names)
    ]  # fmt: skip
    edges = [
        {**row, "method": "edges", "value": 0.45, "low": 0.43, "high": 0.47}
        for row in rows
        if row["measure"] == "deletion" and row["condition"] == "clean"
    ]
    return pl.DataFrame(rows + edges)


def _differences(names: tuple[str, ...]) -> pl.DataFrame:
    first, second = names[1], names[0]
    rows = [
        {
            "dataset": "test", "condition": "clean", "method": "SmoothGrad", "measure": measure,
            "model": first, "other": second, "n": 500, "value": value, "other_value": other,
            "difference": value - other, "low": value - other - 0.02,
            "high": value - other + 0.02, "p": p, "p_holm": 2 * p, "note": None,
        }
        for measure, value, other, p in (
            ("total_variation", 0.91, 0.9, 0.31), ("contour_share", 0.372, 0.231, 1e-9),
        )
    ]  # fmt: skip
    return pl.DataFrame(rows, schema_overrides={"note": pl.String})


def _agreements(names: tuple[str, ...]) -> pl.DataFrame:
    rows = [
        {
            "model": names[later], "other": names[earlier], "dataset": "test", "condition": "clean",
            "method": "SmoothGrad", "measure": f"agreement_{likeness}", "n": 100, "value": value,
            "low": value - 0.03, "high": value + 0.03, "note": None,
        }
        for likeness in ("rank_correlation", "top_overlap")
        for (earlier, later), value in zip(
            itertools.combinations(range(len(names)), 2),
            itertools.cycle((0.31, 0.72, 0.33)),
            strict=False,
        )
    ]  # fmt: skip
    return pl.DataFrame(rows, schema_overrides={"note": pl.String})


def _effect(names: tuple[str, ...], other: int, difference: float, half: float, p: float) -> Effect:
    return Effect(
        first=names[1], second=names[other], difference=difference, low=difference - half,
        high=difference + half, n=2000, p=p, method="paired bootstrap of a difference of ratios",
    )  # fmt: skip


_NO_RIVAL = "Rival explanation not tested: no model has the role control."


def _verdicts(names: tuple[str, ...]) -> tuple[Verdict, ...]:
    return (
        Verdict(
            key="saturation",
            claim="With texture destroyed by saturation, the adversarial network keeps more",
            outcome="for",
            sentence=f"{names[1]} keeps 84.3 % of what it gets right, {names[0]} 59.8 %: both "
            "intervals lie beyond the margin of 2 points.",
            quantity="retention, area over p = 8, 16, 64, 1024",
            effects=(_effect(names, 0, 0.245, 0.018, 0.001), _effect(names, 2, 0.2, 0.019, 0.001)),
            notes=(
                "Absolute accuracy agrees in sign (+17.4 points), except at p = 4 (-1.9).",
                _NO_RIVAL,
            ),
        ),
        Verdict(
            key="shuffle",
            claim="With shape destroyed by patch shuffle, the adversarial network loses more",
            outcome="for",
            sentence="It keeps 43.5 %, against 69.0 % and 65.5 %.",
            quantity="retention, area over k = 2, 4",
            direction="smaller",
            effects=(
                _effect(names, 0, -0.255, 0.021, 0.001),
                _effect(names, 2, -0.22, 0.02, 0.001),
            ),
            notes=(_NO_RIVAL,),
        ),
        Verdict(
            key="salience",
            claim="The adversarial network looks at contours",
            outcome="undecided",
            sentence="The interval against the underfit network holds the margin.",
            quantity="share of salience on contours, rendered images with exact masks",
            effects=(_effect(names, 0, 0.141, 0.02, 0.001), _effect(names, 2, 0.028, 0.022, 0.02)),
        ),
        Verdict(
            key="stylised",
            claim="With texture destroyed by stylising, the adversarial network keeps more",
            outcome="not measured",
            sentence="This study has no stylised images.",
        ),
    )


def _profile(names: tuple[str, ...]) -> pl.DataFrame:
    """Return a profile of saturation and shuffle, and of greyscale without its control."""
    rows = []
    for cue, family, control in (
        ("texture", "saturation", "contrast"),
        ("shape", "shuffle", "borders"),
        ("colour", "greyscale", "equal-grey"),
    ):
        for place, model in enumerate(names):
            row = dict.fromkeys(PROFILE_COLUMNS)
            row |= {"model": model, "dataset": "test", "cue": cue, "family": family,
                    "control": control, "levels": [], "n": 1800}  # fmt: skip
            if family == "greyscale":
                rows.append(row | _ends("retention", 0.9) | {"note": "its control was not run: add equal-grey"})  # fmt: skip  # noqa: E501
                continue
            kept = sum(KEPT[family][place]) / len(KEPT[family][place])
            left = sum(KEPT[control][place]) / len(KEPT[control][place])
            row |= {"levels": list(CONDITIONS[family]), "change": 0.2, "control_change": 0.21,
                    "apart": 0.05, "structure": 0.4, "control_structure": 0.1}  # fmt: skip
            row |= _ends("retention", kept) | _ends("control_retention", left)
            row |= _ends("corrected", (kept - 0.1) / 0.9)
            row |= _ends("control_corrected", (left - 0.1) / 0.9)
            reliance = _ends("value", (left - kept) / 0.9)
            row |= {"value": reliance["value"], "low": reliance["value_low"],
                    "high": reliance["value_high"], "method": "paired bootstrap"}  # fmt: skip
            rows.append(row)
    return pl.DataFrame(rows, infer_schema_length=None).select(PROFILE_COLUMNS)


def _ends(name: str, value: float) -> dict[str, float]:
    return {name: value, f"{name}_low": value - 0.02, f"{name}_high": value + 0.02}


def _strip(names: tuple[str, ...], image: str) -> Strip:
    rng = np.random.default_rng(0)
    cells = []
    conditions = ("clean", "saturation=8", "shuffle=4", "pgd-linf-8/255")
    for column, condition in enumerate(conditions):
        shared = rng.integers(0, 255, (32, 32, 3), dtype=np.uint8)
        for row, model in enumerate(names):
            picture = shared + np.uint8(row) if column == 3 else shared
            drawn = tuple(
                MapPicture(
                    picture=rng.integers(0, 255, (32, 32), dtype=np.uint8),
                    end=f"white 0.{row}{column}{number}",
                )
                for number in range(2)
            )
            cells.append(
                StripCell(
                    model=model, condition=condition, picture=picture,
                    maps={"own": drawn, "signed-own": drawn[::-1]}, prediction="star",
                    confidence=0.5 + 0.1 * column, right=column != 2 or row == 0,
                )
            )  # fmt: skip
    return Strip(
        image=image, label="star", target="the true class",
        explained=dict.fromkeys(names, "star"), methods=("SmoothGrad", "gradient"),
        scores=("logit", ""),
        rule="drawn by chance", cells=tuple(cells),
        scales={"own": "White is each map's own.", "signed-own": "Orange raises, blue lowers."},
    )  # fmt: skip


def _rate(value: float, n: int) -> Rate:
    return Rate(value=value, low=value - 0.01, high=value + 0.012, n=n)


def planted(
    names: tuple[str, ...] = ("standard", "adversarial", "underfit"), **changes: Any
) -> ReportData:
    """Return the data of a study of three models."""
    models = tuple(
        ModelRow(
            name=name,
            recipe=recipe,
            network="small-resnet",
            parameters=306_122,
            clean=_rate(CLEAN[place], 2000),
            robust=_rate(robust, 1000),
            training_seconds=seconds,
            seed=0,
            fingerprint=fingerprint,
        )
        for place, (name, recipe, robust, seconds, fingerprint) in enumerate(
            zip(
                names,
                ("standard", "PGD-7, Linf 8/255", "standard, stopped early"),
                (0.021, 0.478, 0.034),
                (41.0, 163.0, 12.0),
                ("9f2c51d0a4e7", "b07711c2fe90", "41d8aa03c9b5"),
                strict=True,
            )
        )
    )  # fmt: skip
    doses = pl.DataFrame(
        [
            {
                "series": series, "model": model, "contrast": contrast, "n": 1600, "value": value,
                "low": value - 0.02, "high": value + 0.03, "here": here,
            }
            for series, model, values_of, here in (
                ("standard", None, {0.03: 0.22, 0.07: 0.15, 0.12: 0.12, 0.25: 0.1}, False),
                ("adversarial, 8/255", None, {0.03: 0.71, 0.07: 0.34, 0.12: 0.2, 0.25: 0.1}, False),
                ("this study, standard", names[0], {0.07: 0.141}, True),
                ("this study, adversarial", names[1], {0.07: 0.359}, True),
            )
            for contrast, value in values_of.items()
        ]
    )  # fmt: skip
    values: dict[str, Any] = {
        "title": "Rendered images whose shape and texture are set one by one",
        "study": "demo",
        "created": "2026-02-03",
        "verdicts": _verdicts(names),
        "models": models,
        "summaries": _summaries(names),
        "answers": _answers(names),
        "salience": _salience(names),
        "salience_differences": _differences(names),
        "salience_agreement": _agreements(names),
        "comparisons": pl.DataFrame(
            {
                "first": [names[1]] * 2, "second": [names[0]] * 2,
                "condition": ["saturation=8", "saturation against contrast"],
                "quantity": ["retention", "cue reliance"], "difference": [0.14, -0.2],
                "low": [0.12, -0.23], "high": [0.16, -0.17], "p": [0.0004] * 2, "n": [2000] * 2,
                "method": ["paired bootstrap", "delta method"],
            }
        ),
        "consistencies": pl.DataFrame(
            {
                "dataset": ["test"], "condition": ["clean"], "first": [names[1]],
                "second": [names[0]], "n": [2000], "observed": [0.88], "expected": [0.79],
                "kappa": [0.4286], "low": [0.38], "high": [0.48], "method": ["bootstrap"],
                "note": [None],
            },
            schema_overrides={"note": pl.String},
        ),
        "disagreements": (f"Protocols disagree on test: {names[1]} uses less of both cues.",),
        "profile": _profile(names),
        "strips": (_strip(names, "test-00012"), _strip(names, "test-00407")),
        "checks": (
            Check(name="gradients-vanish", raised=False, sentence="Gradients are 0.021 or more."),
            Check(name="square-beats-gradients", raised=False, sentence="None.", checked=False),
            Check(
                name="single-seed",
                raised=True,
                sentence="Each recipe has one training seed: the verdicts speak of these "
                "checkpoints, not of the recipes.",
                about=("saturation", "shuffle"),
            ),
        ),
        "settings": {
            "data": {"name": "CueControlled", "texture_contrast": 0.07, "size": 32},
            "conditions": {"saturation": [1, 4, 8, 16, 64, 1024], "shuffle": [2, 4, 8]},
            "draw": 0,
        },
        "versions": {"cuelens": "0.1.0", "torch": "2.13.0", "python": "3.11.9"},
        "chance": 0.1,
        "dose_response": DoseResponse(
            frame=doses, quantity="shape bias", radius=8 / 255
        ),
    }  # fmt: skip
    return ReportData(**(values | changes))


@pytest.fixture(scope="session")
def plant() -> Callable[..., ReportData]:
    """Return the function that makes a report's data."""
    return planted


def planted_examples(names: tuple[str, ...]) -> tuple[ExampleStrip, ...]:
    """Return one image under one attack on each model; the last was wrong when clean."""
    noise = np.random.default_rng(1).integers(0, 255, (2, 32, 32, 3), dtype=np.uint8)
    cell = ExampleCell(
        attacked=noise[0], difference=noise[1], before="star", after="disc", fooled=True
    )
    cells = (*(cell for _ in names[:-1]), None)
    row = ExampleRow(image="test-00012", label="star", original=noise[0], cells=cells)
    return (
        ExampleStrip(
            condition="pgd-linf-8/255", models=names, rows=(row,), rule="Drawn by chance.",
            scale="Changes are magnified 10 times.",
        ),
    )  # fmt: skip


def planted_trace() -> pl.DataFrame:
    """Return two checkpoints of each of two networks, under two families; one has no control."""
    rows = [
        {
            "model": model, "epoch": epoch, "weights": "epoch", "images": 2000,
            "accuracy": 0.3 + 0.1 * epoch, "accuracy_low": 0.28 + 0.1 * epoch,
            "accuracy_high": 0.32 + 0.1 * epoch, "cue": cue, "family": family,
            "control": "borders", "levels": [2.0, 4.0], "n": 900,
            **({"value": 0.05 * epoch, "low": 0.05 * epoch - 0.02, "high": 0.05 * epoch + 0.02,
                "doubts": ["unmatched-control"], "note": "unmatched-control: its control changes "
                "images by up to 30 % more or less than it"} if known else
               {"value": None, "low": None, "high": None, "doubts": [],
                "note": "its control was not run: add contrast=8"}),
        }
        for model in ("standard", "robust")
        for epoch in (2.0, 1.0)
        for family, cue, known in (("shuffle", "shape", True), ("saturation", "texture", False))
    ]  # fmt: skip
    return pl.DataFrame(rows)


@pytest.fixture(scope="session")
def plant_trace() -> Callable[..., pl.DataFrame]:
    """Return the function that makes a trace."""
    return planted_trace


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a report with planted numbers."""
    folder = tmp_path_factory.mktemp("report")
    write_planted(folder)
    return folder


def write_planted(folder: Path) -> None:
    """Write the report of planted numbers, with an adversarial example."""
    data = planted()
    names = tuple(model.name for model in data.models)
    write_report(data, folder, examples=planted_examples(names))


@pytest.fixture(scope="session")
def plant_report() -> Callable[[Path], None]:
    """Return the function that writes the report of planted numbers."""
    return write_planted


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a report whose every text tries to run a script."""
    folder = tmp_path_factory.mktemp("hostile")
    write_report(hostile_data(), folder)
    return folder


SCRIPT = "</script><script>document.documentElement.dataset.hacked=1</script>"


def hostile_data() -> ReportData:
    """Return planted data with a script in every text that a person can choose."""
    names = (f"a{SCRIPT}", f'b"{SCRIPT}', f"c'--><img src=x onerror=alert(1)>{SCRIPT}")
    data = planted(names)
    family = {"family": pl.col("family").str.replace("greyscale", SCRIPT, literal=True)}
    condition = pl.col("condition").str.replace("greyscale", SCRIPT, literal=True)
    return replace(
        data,
        title=SCRIPT,
        study=SCRIPT,
        verdicts=tuple(replace(v, claim=SCRIPT, sentence=SCRIPT) for v in data.verdicts),
        models=tuple(replace(m, recipe=SCRIPT, network=SCRIPT) for m in data.models),
        summaries=data.summaries.with_columns(**family, condition=condition),
        salience=data.salience.with_columns(method=pl.lit(SCRIPT)),
        checks=tuple(replace(check, name=SCRIPT, sentence=SCRIPT) for check in data.checks),
        settings={SCRIPT: SCRIPT},
        versions={SCRIPT: SCRIPT},
        strips=tuple(
            replace(
                strip,
                image=SCRIPT,
                label=SCRIPT,
                cells=tuple(replace(cell, prediction=SCRIPT) for cell in strip.cells),
            )
            for strip in data.strips
        ),
    )
