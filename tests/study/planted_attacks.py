"""Records of attacks whose truth is known: images that fall at a step drawn by chance."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from cuelens.attacks.curves import curve_points
from cuelens.evaluation.tables import table_of

STRONG = (("apgd-ce", 101, "APGD"), ("apgd-t", 909, "TargetedAPGD"), ("fab-t", 900, "TargetedFAB"),
          ("square", 5000, "Square"))  # fmt: skip
QUICK = (("pgd-20", 20, "PGD"), ("apgd-ce", 101, "APGD"))


def part(
    condition: str,
    *,
    model: str = "standard",
    attack: str = "pgd-20",
    radius: float | None = 8 / 255,
    norm: str = "Linf",
    settings: str = "PGD()",
    clean_right: Sequence[bool],
    fooled: Sequence[bool],
    steps: Sequence[int],
    points: Sequence[int] | None = (0, 1),
    losses: Sequence[Sequence[float] | None] | None = None,
    lengths: Sequence[Sequence[float] | None] | None = None,
    loss: Sequence[float] | None = None,
    length: Sequence[float] | None = None,
    broken_by: Sequence[str | None] | None = None,
    draw: int = 0,
    given: Sequence[bool] | None = None,
) -> pl.DataFrame:
    """Return the records of one model under one condition; a list for each column."""
    n = len(fooled)
    given = list(clean_right) if given is None else list(given)
    shown = [list(points) if points is not None and flag else None for flag in given]
    flat = [None if own is None else [0.0] * len(own) for own in shown]
    if broken_by is None:
        pairs = zip(clean_right, fooled, strict=True)
        broken_by = [attack if right and wrong else None for right, wrong in pairs]
    return table_of(
        "attacks",
        {
            "image": [f"test/{place:05}" for place in range(n)],
            "label": [place % 10 for place in range(n)],
            "clean_right": list(clean_right),
            "fooled": list(fooled),
            "steps": list(steps),
            "length": [0.0] * n if length is None else list(length),
            "loss": [0.0] * n if loss is None else list(loss),
            "broken_by": list(broken_by),
            "points": shown,
            "losses": flat if losses is None else list(losses),
            "lengths": flat if lengths is None else list(lengths),
        },
        {
            "model": model, "dataset": "test", "condition": condition, "family": "attack",
            "level": radius, "draw": draw, "weights": "w", "data": "d", "precision": "float32",
            "training_seed": 0, "settings": settings, "norm": norm,
        },
    )  # fmt: skip


def _run(rng, model, condition, member, *, radius, norm, given, clean, before, rate, speed):
    """Return the records of one member: of the images it is given, a share falls over the steps."""
    name, total, kind = member
    n = len(clean)
    falls = given & (rng.random(n) < rate)
    taken = np.minimum(rng.geometric(1 / speed, n), total - 1)
    steps = np.where(falls, taken, np.where(given, total, 0))
    points = np.array(curve_points(total))
    until = np.minimum(points[None], steps[:, None])
    losses = 0.3 + 2.2 * (1 - np.exp(-until / speed)) + 0.3 * rng.standard_normal((n, 1))
    growth = 0.6 + 0.4 * (1 - np.exp(-3 * until / speed))
    lengths = radius * np.minimum(1, growth) * np.where(points > -1, 1, 0)
    nothing: list[None] = [None] * n
    return falls, part(
        condition,
        model=model,
        attack=name,
        radius=radius,
        norm=norm,
        settings=f"{kind}(ball={norm}(radius={radius!r}))",
        clean_right=clean.tolist(),
        fooled=(before | falls | ~clean).tolist(),
        steps=steps.tolist(),
        points=points.tolist(),
        losses=[row if flag else None for row, flag in zip(losses.tolist(), given, strict=True)],
        lengths=[row if flag else None for row, flag in zip(lengths.tolist(), given, strict=True)],
        loss=losses[:, -1].tolist(),
        length=lengths[:, -1].tolist(),
        broken_by=[name if flag else None for flag in falls] if n else nothing,
        given=given.tolist(),
    )


def planted_attacks(
    models: Sequence[str] = ("standard", "adversarial"),
    *,
    suite: str = "strong",
    radii: Sequence[str] = ("8/255",),
    norm: str = "Linf",
    n: int = 400,
    seed: int = 0,
) -> pl.DataFrame:
    """Return records of a suite on models, the first of which breaks most."""
    rng = np.random.default_rng(seed)
    members, in_turn = (STRONG, True) if suite == "strong" else (QUICK, False)
    frames = []
    for place, model in enumerate(models):
        clean = rng.random(n) < 0.93 - 0.06 * place
        for text in radii:
            above, _, below = text.partition("/")
            radius = float(above) / float(below or 1)
            condition = f"{suite}-{norm.lower()}-{text}"
            scale = 1 - np.exp(-radius * 255 / 4) if norm == "Linf" else 1 - np.exp(-2 * radius)
            rate = scale * (0.97 if place == 0 else 0.45 / place)
            before, last = np.zeros(n, dtype=bool), None
            for number, member in enumerate(members):
                own = f"{condition} after {member[0]}" if in_turn else f"{condition}, {member[0]} alone"  # fmt: skip  # noqa: E501
                given = clean & ~before if in_turn else clean
                share = rate if not (number and in_turn) else 0.06 / number
                falls, frame = _run(
                    rng, model, own, member, radius=radius, norm=norm, given=given, clean=clean,
                    before=before if in_turn else np.zeros(n, dtype=bool), rate=share,
                    speed=3 if not number or not in_turn else member[1] / 5,
                )  # fmt: skip
                before, last = before | falls, frame
                frames.append(frame)
            assert last is not None
            none = [
                pl.lit(None, dtype=last.schema[name]).alias(name)
                for name in ("points", "losses", "lengths")
            ]
            worst = pl.Series("fooled", before | ~clean)
            frames.append(
                last.with_columns(
                    *none, worst, condition=pl.lit(condition), settings=pl.lit("Suite()")
                )
            )
    return pl.concat(frames)
