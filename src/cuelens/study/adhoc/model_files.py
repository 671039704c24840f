"""The parts of a study alone: train one model file, evaluate some."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from cuelens.evaluation import Condition, RecordStore, evaluate_models, measure_controls
from cuelens.sources import ModelCard, Stated, open_model, require_architecture
from cuelens.study.checks.checks import Check, check_chance, check_images
from cuelens.study.checks.cue_checks import CUE_PROFILE, check_controls
from cuelens.study.images.data_places import images_at
from cuelens.study.images.grouping import Grouping
from cuelens.study.models.loaded import best_device, drawn_test_images, load_for
from cuelens.study.models.trained_file import train_model_file
from cuelens.study.outcomes.answers import summarise_answers
from cuelens.study.outcomes.cue_profiles import cue_profile
from cuelens.study.outcomes.protocols import where_protocols_disagree
from cuelens.study.outcomes.summaries import summarise_predictions
from cuelens.study.plan.plan import ModelPlan
from cuelens.study.progress import Progress, silent, warn_of
from cuelens.training import Recipe, Team

__all__ = ["EvaluatedFiles", "evaluate_files", "train_file"]


@dataclass(frozen=True, kw_only=True, slots=True)
class EvaluatedFiles:
    """What models answer under conditions.

    Attributes:
        summary: Accuracy, retention and more, as `summarise_predictions` gives them.
        profile: Cue reliance and what it is made of, as `cue_profile` gives it.
        checks: Named checks of the profile, and of whether a model guesses.
        answers: Shape bias, as `summarise_answers` gives it; no row where cues are not in conflict.
        disagreements: Sentences of `where_protocols_disagree`.
    """

    summary: pl.DataFrame
    profile: pl.DataFrame
    checks: tuple[Check, ...]
    answers: pl.DataFrame
    disagreements: tuple[str, ...] = ()


def train_file(
    path: Path,
    architecture: str,
    recipe: Recipe,
    *,
    data: str,
    seed: int = 0,
    half: bool = False,
    progress: Progress = silent,
    team: Team | None = None,
    micro_batch: int | None = None,
) -> ModelCard:
    """Train a network into a model file; go on where the same training was stopped.

    Args:
        path: The file to write; beside it come its card as a page, the weights of the last
            epoch, and the checkpoints in PATH.training.
        architecture: A name in `ARCHITECTURES`.
        recipe: How to train.
        data: See `images_at`.
        seed: The training seed.
        half: Whether the file is written in half precision.
        progress: Told of every step.
        team: Processes that train it together, from `meet_team`; the first one writes. None: this
            one, on a GPU if there is one.
        micro_batch: At most so many images go through the network of a process at once; None: its
            share of a batch.

    Returns:
        What the file says of the network.
    """
    require_architecture(architecture)
    images, folder = images_at(data)
    plan = ModelPlan(
        name=path.stem,
        architecture=architecture,
        recipe=recipe,
        seed=seed,
        as_accurate_as=None,
        half=half,
    )
    model = train_model_file(
        path,
        plan,
        images.open(folder, seed=0),
        checkpoints=path.with_name(f"{path.name}.training"),
        progress=progress,
        device=best_device() if team is None else team.device,
        team=team,
        micro_batch=micro_batch,
    )
    return model.card


def evaluate_files(
    addresses: Sequence[str | Path],
    conditions: Sequence[Condition],
    *,
    data: str,
    out: Path,
    limit: int | None = None,
    seed: int = 0,
    grouping: Grouping | None = None,
    stated: Stated | None = None,
    progress: Progress = silent,
) -> EvaluatedFiles:
    """Record what models answer under conditions, and return what it says.

    Args:
        addresses: Model files, or others that `open_model` knows.
        conditions: The clean one among them.
        data: See `reported_at`; the test split is used. Cue-conflict images take on the classes
            and the size of the first model; other images its groups, where there are any.
        out: Folder of the records; what is there is not computed again.
        limit: Use so many images, drawn by chance, the same for every model.
        seed: The draw seed.
        grouping: Makes the models' classes coarse.
        stated: What the models' sources do not say.
        progress: Told of every part.

    Returns:
        Of these models and conditions alone.
    """
    first = open_model(addresses[0], stated=stated, gradients=False).classifier
    test = drawn_test_images(data, limit, seed, like=first, grouping=grouping)
    classifiers, seeds = load_for(
        addresses, test, grouping=grouping, stated=stated, gradients=False
    )
    store = RecordStore(out / "records")
    done = evaluate_models(
        classifiers,
        test,
        conditions,
        store=store,
        draw=seed,
        training_seeds=seeds,
        progress=lambda part, total, note: progress("evaluate", part, total, note),
    )
    warn_of(done.problems)
    predictions = store.read(done.table, done.keys)
    apart = measure_controls(test, conditions, store=store, draw=seed)
    profile = cue_profile(predictions, store.read(apart.table, apart.keys))
    store.remember()
    summary, answers = summarise_predictions(predictions), summarise_answers(predictions)
    # Cues in conflict have no right answer that chance could be asked of.
    guessing = () if len(answers) else check_chance(summary, len(test.class_names), [CUE_PROFILE])
    return EvaluatedFiles(
        summary=summary,
        profile=profile,
        checks=(*guessing, *_few(profile), *check_controls(profile)),
        answers=answers,
        disagreements=where_protocols_disagree(predictions),
    )


def _few(profile: pl.DataFrame) -> tuple[Check, ...]:
    rests_on = profile.drop_nulls("value")["n"].to_list()
    return (check_images(min(rests_on), [CUE_PROFILE]),) if rests_on else ()
