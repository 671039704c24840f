"""How many images and training seeds decide each claim of a study, before it is run.

It knows what a claim's difference varies by, from assumptions or from the records of a run; what
is enough for a given spread is in `cuelens.power`.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import polars as pl
from jaxtyping import Float

from cuelens.errors import ConfigError
from cuelens.evaluation import RecordStore
from cuelens.power import images_needed, seeds_needed
from cuelens.seeds import SeedValues, influences
from cuelens.study.checks.checks import SEEDS_FOR_A_RECIPE
from cuelens.study.outcomes.outcomes import Panel, main_dataset, read_predictions
from cuelens.study.plan.claims import Claim
from cuelens.study.plan.plan import Plan
from cuelens.study.run_folder.run_folder import read_parts, read_plan
from cuelens.study.verdicts.evidence import Evidence

__all__ = ["Assumptions", "Spread", "power_table", "spread_of", "spreads_of_run"]

_EFFECTS = (2.0, 3.0)
_POWERS = (0.8, 0.9)
_LIMIT = 0.025
_TABLE = {
    "claim": pl.String(),
    "effect": pl.Float64(),
    "times_margin": pl.Float64(),
    "spread": pl.Float64(),
    "correlation": pl.Float64(),
    "images_80": pl.Int64(),
    "images_90": pl.Int64(),
    "seeds_80": pl.Int64(),
    "seeds_90": pl.Int64(),
    "basis": pl.String(),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Assumptions:
    """What is taken for true where no run tells it.

    Attributes:
        clean: Accuracy of both models on clean images.
        retention: What the second model keeps under the condition.
        control_retention: What it keeps under the condition's control.
        correlation: Between what the same image adds to either model's number.
        between_levels: Correlation of right and wrong between levels of a condition, and between
            it and its control, on the same image.
        map_spread: Standard deviation of a salience measure over images.
        seed_spread: Standard deviation over training seeds of a model's retention, or measure.

    Raises:
        ConfigError: If a share or a correlation is outside its range.
    """

    clean: float = 0.8
    retention: float = 0.6
    control_retention: float = 0.9
    correlation: float = 0.2
    between_levels: float = 0.5
    map_spread: float = 0.1
    seed_spread: float = 0.01

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not (0 <= value < 1) or (field.name == "clean" and value == 0):
                raise ConfigError(
                    f"`{field.name}` must be at least 0 and below 1, got {value:g}. Did you mean "
                    f"{value / 100:g}?"
                )


@dataclass(frozen=True, kw_only=True, slots=True)
class Spread:
    """What a claim's difference varies by.

    Attributes:
        of_images: Standard error over images times the root of their number.
        of_seeds: Standard deviation over training seeds of one recipe's number.
        correlation: Between what the same image adds to either model's number.
        basis: Where the numbers are from, in words.
    """

    of_images: float
    of_seeds: float
    correlation: float
    basis: str


def power_table(
    plan: Plan, *, assumed: Assumptions | None = None, run: Path | None = None, images: int = 10_000
) -> pl.DataFrame:
    """Return how many images and seeds decide each claim.

    A claim is decided where both its comparisons lie beyond the margin, so each gets half of what
    power leaves; the level is Holm's strictest, .025 over the number of claims. The error over
    images is that of one network a recipe, also where means of several are compared, whose error is
    smaller: seeds are rather too many than too few.

    Args:
        plan: The study whose claims are asked about.
        assumed: What is taken for true; the defaults if None.
        run: Folder of a run whose records tell the spreads; None for assumptions alone.
        images: On how many images recipes are compared.

    Returns:
        A row for each claim and each effect of 2 and 3 times its margin: claim, effect,
        times_margin, spread, correlation, images_80, images_90 (for one network each; null where
        the margin is 0), seeds_80, seeds_90 (of each recipe, at least 5; null where no number of
        seeds is enough on so many images), basis.

    Raises:
        MissingDataError: If `run` holds no run.
        ConfigError: If `images` is below 2.
    """
    if images < 2:
        raise ConfigError(f"`images` must be at least 2, got {images}.")
    known = {} if run is None else spreads_of_run(run, plan.claims)
    rows = [
        _row(claim, times, assumed or Assumptions(), known.get(claim.name), plan.claims, images)
        for claim in plan.claims
        for times in _EFFECTS
    ]
    return pl.DataFrame(rows, schema=_TABLE)


def _row(
    claim: Claim,
    times: float,
    assumed: Assumptions,
    known: Spread | str | None,
    claims: Sequence[Claim],
    images: int,
) -> dict[str, object]:
    effect = times * claim.margin
    spread = known if isinstance(known, Spread) else spread_of(claim, claim.sign * effect, assumed)
    basis = f"{spread.basis}: {known}" if isinstance(known, str) else spread.basis
    row: dict[str, object] = {
        "claim": claim.name,
        "effect": claim.sign * effect,
        "times_margin": times,
        "spread": spread.of_images,
        "correlation": spread.correlation,
        "basis": basis,
    }
    distance, level = effect - claim.margin, _LIMIT / len(claims)
    if distance <= 0:
        return row
    error = spread.of_images / math.sqrt(images)
    for power in _POWERS:
        each = (1 + power) / 2  # of two comparisons, so that both hold with `power` at least
        name = f"{100 * power:.0f}"
        row[f"images_{name}"] = images_needed(distance, spread.of_images, power=each, level=level)
        seeds = seeds_needed(
            distance, spread.of_seeds, error=error, images=images, power=each, level=level
        )
        row[f"seeds_{name}"] = None if seeds is None else max(SEEDS_FOR_A_RECIPE, seeds)
    return row


def spread_of(claim: Claim, effect: float, assumed: Assumptions) -> Spread:
    """Return what a claim's difference varies by under assumptions.

    Args:
        claim: What is compared.
        effect: The true difference, signed.
        assumed: What is taken for true.
    """
    if claim.quantity == "salience-measure":
        first = second = assumed.map_spread**2
    else:
        second = _variance(claim, assumed.retention, assumed)
        first = _variance(claim, min(1.0, max(0.0, assumed.retention + effect)), assumed)
    together = first + second - 2 * assumed.correlation * math.sqrt(first * second)
    return Spread(
        of_images=math.sqrt(together),
        of_seeds=assumed.seed_spread,
        correlation=assumed.correlation,
        basis="assumed",
    )


def _variance(claim: Claim, kept: float, assumed: Assumptions) -> float:
    """Return the variance of one image's share in a model's area of retention."""
    one = kept * (1 - kept)
    if claim.against:
        other = assumed.control_retention * (1 - assumed.control_retention)
        one += other - 2 * assumed.between_levels * math.sqrt(one * other)
    levels = max(1, len(claim.levels))
    return one * (1 + (levels - 1) * assumed.between_levels) / levels / assumed.clean


def spreads_of_run(folder: Path, claims: Sequence[Claim]) -> dict[str, Spread | str]:
    """Return what each claim's difference varies by in a run, or why that is not known.

    Args:
        folder: The run's folder.
        claims: By whose roles the run's models are compared; the wider of a claim's comparisons
            counts.
    """
    plan, parts = read_plan(folder), read_parts(folder)
    store = RecordStore(folder / "records")
    predictions = read_predictions(store, parts.get("predictions", []))
    evidence = Evidence(
        panel=Panel.of(predictions),
        salience=store.read("salience", parts.get("salience", [])),
        roles={role: plan.players(role) for role in plan.roles},
        dataset=main_dataset(predictions),
    )
    return {claim.name: _measured(claim, evidence, folder.name) for claim in claims}


def _measured(claim: Claim, evidence: Evidence, run: str) -> Spread | str:
    found: list[Spread] = []
    for second in (claim.compare[1], claim.control):
        sides = [_sums(claim, role, evidence) for role in (claim.compare[0], second)]
        words = [side for side in sides if isinstance(side, str)]
        if words:
            if second == claim.compare[1]:
                return words[0]
            continue
        found.append(_between([side for side in sides if not isinstance(side, str)], run))
    return max(found, key=lambda spread: spread.of_images)


def _sums(claim: Claim, role: str, evidence: Evidence) -> tuple[SeedValues, SeedValues] | str:
    if claim.quantity == "retention-area":
        kept = evidence.kept(role, claim.family, claim.levels, against=claim.against)
        return kept if isinstance(kept, str) else (kept.clean * kept.right, kept.clean)
    maps = evidence.measured(role, claim.family, claim.method, claim.measure)
    if isinstance(maps, str):
        return maps
    known = np.isfinite(maps.values).all(0)
    return np.where(known, maps.values, 0.0), np.broadcast_to(known * 1.0, maps.values.shape)


def _between(sides: list[tuple[SeedValues, SeedValues]], run: str) -> Spread:
    """Return the spread of the difference between two roles."""
    (one, first), (two, second) = (influences(*side) for side in sides)
    a, b = first[0], second[0]  # of single networks, as an image alone would move them
    n = len(a)
    error = float(np.square(a - b).sum())
    own = math.sqrt(float(np.square(a).sum()) * float(np.square(b).sum()))
    spreads = list(_of_seeds(one, two))
    return Spread(
        of_images=math.sqrt(n * error),
        of_seeds=max(spreads) if spreads else Assumptions().seed_spread,
        correlation=float((a * b).sum()) / own if own else 0.0,
        basis=f"from {run}" + ("" if spreads else ", spread over seeds assumed"),
    )


def _of_seeds(*values: Float[np.ndarray, " seed"]) -> Iterator[float]:
    for each in values:
        if len(each) > 1:
            yield float(each.std(ddof=1))
