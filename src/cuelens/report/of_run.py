"""From a run's records to a report: it reads, has others summarise and judge, and hands over.

Everything shown is computed from the records; nothing is evaluated again.
"""

import itertools
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import polars as pl

from cuelens.evaluation import RecordStore, Strips, read_strips
from cuelens.evaluation.attack_images import IMAGES_TABLE, AttackedImages
from cuelens.report import data as drawn
from cuelens.report import headlines
from cuelens.report.attack_examples import example_strips
from cuelens.report.audit_words import relied_on
from cuelens.report.drawn_strips import pixels_of, strips_of
from cuelens.report.model_rows import classes_of, imported_row, model_rows
from cuelens.report.page import write_report
from cuelens.report.strip import Strip
from cuelens.report.told_verdicts import ToldVerdict, ToldVerdicts, note_verdicts
from cuelens.report.views import OWN, views_that_fit
from cuelens.salience import Salience
from cuelens.study.certificate import read_certificate
from cuelens.study.checks.attack_checks import attack_checks
from cuelens.study.checks.checks import check_chance
from cuelens.study.checks.cue_checks import CUE_PROFILE, check_controls
from cuelens.study.checks.salience_checks import salience_checks
from cuelens.study.checks.shared_scales import check_shared_scales
from cuelens.study.dose_response import dose_response
from cuelens.study.outcomes.answers import summarise_answers
from cuelens.study.outcomes.attack_curves import attack_curves, attack_results
from cuelens.study.outcomes.attack_names import name_of
from cuelens.study.outcomes.comparisons import compare_models
from cuelens.study.outcomes.consistency import error_consistencies
from cuelens.study.outcomes.cue_profiles import cue_profile
from cuelens.study.outcomes.indistinct import indistinct_models
from cuelens.study.outcomes.outcomes import Panel, main_dataset, read_predictions
from cuelens.study.outcomes.protocols import where_protocols_disagree
from cuelens.study.outcomes.salience_comparisons import compare_salience, summarise_agreements
from cuelens.study.outcomes.summaries import (
    summarise_attacks,
    summarise_predictions,
    summarise_salience,
)
from cuelens.study.plan.plan import Plan
from cuelens.study.plan.roles import Roles
from cuelens.study.plan.stated_claims import PAPER_CLAIMS
from cuelens.study.preflight import read_preflights
from cuelens.study.run_folder.imported import read_imported
from cuelens.study.run_folder.run_folder import SHOWN, read_parts, read_plan
from cuelens.study.verdicts.verdicts import Verdict, verdicts

__all__ = ["report_of"]

_LIBRARIES = ("cuelens", "torch", "numpy", "scipy", "polars")


def report_of(folder: Path) -> Path:
    """Write the report of a run: report.html, tables/, figures/ and, for terminals, verdicts.json.

    Args:
        folder: The run's folder.

    Returns:
        The page.

    Raises:
        MissingDataError: If the folder holds no run.
        RecordError: If the run has not come to its end, or a part of its records is missing.
        StorageError: If the disk is full.
    """
    plan, parts = read_plan(folder), read_parts(folder)
    store, imported = RecordStore(folder / "records", doubting=True), read_imported(folder)
    names = (*plan.study.models, *imported)
    attacks, salience, probes, agreements = (
        _in_order(store.read(table, parts.get(table, [])), plan, names)
        for table in ("attacks", "salience", "probes", "agreements")
    )
    predictions = read_predictions(store, parts.get("predictions", []))
    predictions = _in_order(predictions, plan, names)
    test, panel = main_dataset(predictions), Panel.of(predictions)
    found = verdicts(panel, salience, plan.claims, plan.roles, dataset=test)
    summaries = pl.concat([summarise_predictions(panel), summarise_attacks(attacks)])
    answers = summarise_answers(predictions)
    profile = cue_profile(panel, store.read("controls", parts.get("controls", [])))
    comparisons = compare_models(predictions, pairs=_pairs(plan, names), panel=panel)
    preflights = read_preflights(folder)
    rates = summaries.filter(pl.col("dataset") == test)
    classes = classes_of(plan, folder)
    strips = [read_strips(store.path("strips", key)) for key in parts.get("strips", [])]
    judged = tuple(_verdict(each, plan.roles) for each in found)
    published = {claim.name for claim in plan.claims} <= {claim.name for claim in PAPER_CLAIMS}
    guessing = check_chance(
        rates, classes, about=[*(each.claim.name for each in found), CUE_PROFILE]
    )
    headline = (
        headlines.headline(judged, published=published)
        if plan.claims
        else relied_on(profile, tuple(names))
    )
    shown = drawn.ReportData(
        title=plan.study.title or plan.study.name,
        study=plan.study.name,
        created=datetime.now(tz=UTC).date().isoformat(),
        verdicts=judged,
        models=(
            *model_rows(plan, folder, rates),
            *(imported_row(name, model, rates) for name, model in imported.items()),
        ),
        summaries=summaries,
        answers=answers,
        salience=summarise_salience(salience),
        salience_differences=compare_salience(salience, pairs=_pairs(plan, names)),
        salience_agreement=summarise_agreements(agreements, models=names),
        comparisons=comparisons,
        letters=indistinct_models(comparisons),
        consistencies=error_consistencies(panel, pairs=_pairs(plan, names)),
        disagreements=where_protocols_disagree(predictions),
        profile=profile,
        attack_results=attack_results(attacks),
        attack_curves=attack_curves(attacks),
        strips=_strips(strips, plan.salience.methods),
        preflights=preflights,
        headline=headlines.with_guesses(
            headline, [check.about[0] for check in guessing if check.raised], len(names)
        ),
        checks=(
            *(one.check(name) for name, own in preflights.items() for one in own),
            *(check for each in found for check in each.checks),
            *check_controls(profile),
            *guessing,
            *attack_checks(attacks, probes, classes=classes),
            *salience_checks(salience),
            *check_shared_scales(strips),
        ),
        settings=plan.study.model_dump(mode="json", exclude_unset=True),
        versions={"python": platform.python_version()}
        | {name: version(name) for name in _LIBRARIES},
        chance=1 / classes,
        dose_response=_dose_response(plan, answers),
        certificate=read_certificate(folder),
    )
    attacked = RecordStore(folder / SHOWN, doubting=True)
    kept = [AttackedImages.read(attacked, key) for key in parts.get(IMAGES_TABLE, [])]
    for one in (store, attacked):
        one.remember()
    note_verdicts(folder, _told(shown))  # before the page, which says that all is there
    return write_report(shown, folder, examples=example_strips(kept, seed=plan.study.seed))


def _told(shown: drawn.ReportData) -> ToldVerdicts:
    """Return what the page says of the claims."""
    verdicts = tuple(
        ToldVerdict(
            key=one.key,
            claim=one.claim,
            outcome=one.outcome,
            sentence=one.sentence,
            notes=one.notes,
            doubts=tuple(
                (check.name, check.sentence)
                for check in shown.checks
                if check.raised and one.key in check.about
            ),
        )
        for one in shown.verdicts
    )
    headline = shown.headline or headlines.headline(shown.verdicts)
    return ToldVerdicts(headline=headline, verdicts=verdicts)


def _strips(kept: Sequence[Strips], methods: Mapping[str, Salience]) -> tuple[Strip, ...]:
    """Return kept strips as pictures, in as many views as the page can hold."""
    pixels = sum(pixels_of(one) for one in kept)
    views = views_that_fit(OWN, pixels=pixels)
    return tuple(strip for one in kept for strip in strips_of(one, methods, views=views))


def _in_order(records: pl.DataFrame, plan: Plan, names: Sequence[str]) -> pl.DataFrame:
    """Return records in the order of the study's models and conditions, not of their keys."""
    if records.is_empty():
        return records
    known = (*(one.name for one in plan.conditions), *(one.name for one in plan.attacks))
    found = records["condition"].unique()
    places = {
        "model": {name: place for place, name in enumerate(names)},
        "condition": {name: known.index(name_of(name, known).suite) for name in found},
    }
    order = [pl.col(column).replace_strict(own) for column, own in places.items()]
    return records.sort(order, maintain_order=True)


def _pairs(plan: Plan, names: Sequence[str]) -> list[tuple[str, str]]:
    """Return which models are compared: those of the claims first, then every other pair."""
    first, *others = (
        [name for name in plan.players(role) if name in names]  # others may be imported later
        for role in ("adversarial", "standard", "underfit", "control")
    )
    pairs = list(itertools.product(first, itertools.chain(*others)))
    for earlier, later in itertools.combinations(names, 2):
        if not {(earlier, later), (later, earlier)} & set(pairs):
            pairs.append((later, earlier))
    return pairs


def _verdict(verdict: Verdict, roles: Roles) -> drawn.Verdict:
    claim = verdict.claim
    shares = claim.quantity == "retention-area"
    if shares:
        levels = ", ".join(f"{level:g}" for level in claim.levels)
        quantity = f"retention under {claim.family}"
        quantity += f" minus that under {claim.against}" if claim.against else ""
        quantity += f", area over {levels}" if levels else ""
    else:
        quantity = (
            f"{claim.measure.replace('_', ' ')} of {claim.method} maps, {claim.family} images"
        )
    return drawn.Verdict(
        key=claim.name,
        claim=claim.statement,
        outcome=verdict.outcome,
        sentence=verdict.sentence,
        quantity=quantity,
        direction="greater" if claim.sign > 0 else "smaller",
        margin=claim.margin,
        percent=shares,
        effects=tuple(
            drawn.Effect(
                first=_player(roles, effect.first),
                second=_player(roles, effect.second),
                difference=effect.difference.value,
                low=effect.difference.low,
                high=effect.difference.high,
                n=effect.images,
                p=effect.p,
                method=effect.difference.method,
            )
            for effect in verdict.effects
        ),
        notes=() if verdict.rival is None else (verdict.rival.sentence,),
    )


def _player(roles: Roles, role: str) -> str:
    """Return the name of the one model that has a role; the role where several have it."""
    named = roles.get(role)
    return named if isinstance(named, str) else role


def _dose_response(plan: Plan, answers: pl.DataFrame) -> drawn.DoseResponse | None:
    """Return the published curve with this study's point, for studies on rendered images."""
    found = dose_response(plan, answers)
    if found is None:
        return None
    return drawn.DoseResponse(frame=found, quantity="shape bias", radius=8 / 255)
