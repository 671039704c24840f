"""Attacks on model files alone: their records, the probes of the models, and the named checks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import polars as pl

from cuelens.attacks import Attack, Suite
from cuelens.evaluation import RecordStore, attack_dataset, probe_model
from cuelens.evaluation.attack_images import AttackedImages
from cuelens.sources import Stated, open_model
from cuelens.study.checks.attack_checks import attack_checks
from cuelens.study.checks.checks import Check
from cuelens.study.models.loaded import drawn_test_images, load_for
from cuelens.study.outcomes.attack_curves import attack_results
from cuelens.study.outcomes.attack_names import radius_unit
from cuelens.study.progress import Progress, silent, warn_of
from cuelens.study.run.fooled_images import keep_few_fooled

__all__ = ["AttackedFiles", "attack_files"]


@dataclass(frozen=True, kw_only=True)
class AttackedFiles:
    """What attacks on model files found.

    Attributes:
        models: Names, in the order of the files.
        dataset: Name of the images.
        attacks: Records of attacks, of every model and condition.
        checks: Named checks, of the models and of the attacks.
        images: Originals and attacked images, one entry a model and attack: all that were right
            when clean, or else a few that were fooled.
    """

    models: tuple[str, ...]
    dataset: str
    attacks: pl.DataFrame
    checks: tuple[Check, ...]
    images: tuple[AttackedImages, ...]

    @property
    def results(self) -> pl.DataFrame:
        """What is right before, after each attack and at worst; see `attack_results`."""
        return attack_results(self.attacks)

    @property
    def unit(self) -> str:
        """In which unit radii are, in words."""
        return radius_unit(self.attacks["norm"])


def attack_files(
    addresses: Sequence[str | Path],
    attacks: Mapping[str, Attack | Suite],
    *,
    data: str,
    out: Path,
    limit: int | None = None,
    seed: int = 0,
    exact: bool = False,
    keep_images: bool = False,
    stated: Stated | None = None,
    progress: Progress = silent,
    seen: Callable[[pl.DataFrame], None] | None = None,
) -> AttackedFiles:
    """Record which images attacks fool, and check whether the attacks can be believed.

    Args:
        addresses: Model files, or others that `open_model` knows.
        attacks: What is done to the images, by its name in the records.
        data: See `images_at`; the test split is used.
        out: Folder of the records; what is there is not computed again.
        limit: Attack so many images, drawn by chance, the same for every model.
        seed: Keys random starts and the draw of images.
        exact: Search the models as they were given, in float32.
        stated: What the models' sources do not say.
        keep_images: Keep all originals and attacked images; else a few, to look at.
        progress: Told of every part.
        seen: Called after every part with the results so far, as `AttackedFiles.results`.

    Returns:
        Records, checks and images.
    """
    first = open_model(addresses[0], stated=stated).classifier
    test = drawn_test_images(data, None, seed, like=first)
    classifiers, seeds = load_for(addresses, test, stated=stated)
    store = RecordStore(out / "records")
    attacked: dict[tuple[str, str], pl.DataFrame] = {}
    probes, images = [], []
    suites = [name for name, one in attacks.items() if isinstance(one, Suite)]

    def show(model: str, frame: pl.DataFrame) -> None:
        if seen is not None and frame.height:
            attacked[model, frame["condition"][0]] = frame
            seen(attack_results(pl.concat(attacked.values()), suites=suites))

    for model, classifier in classifiers.items():
        probe = probe_model(
            classifier, test, store=store, draw=seed, name=model, training_seed=seeds[model]
        )
        probes.append(store.read(probe.table, probe.keys))
        for name, attack in attacks.items():
            done = attack_dataset(
                classifier,
                test,
                attack,
                condition=name,
                store=store,
                draw=seed,
                limit=limit,
                exact=exact,
                keep_images=keep_images,
                training_seed=seeds[model],
                name=model,
                progress=lambda part, total, note: progress(f"attack {note}", part, total, ""),
                seen=partial(show, model),
            )
            warn_of(done.problems)
            for key in done.keys:
                frame = store.read(done.table, [key])
                attacked[model, frame["condition"][0]] = frame
            if keep_images:
                images.append(AttackedImages.read(store, done.keys[-1]))
                continue
            worst = store.read(done.table, done.keys[-1:])
            few = keep_few_fooled(
                classifier, test, attack, worst, condition=name, store=store, draw=seed,
                exact=exact, name=model,
            )  # fmt: skip
            if few is not None:
                images.append(AttackedImages.read(store, few))
    records = pl.concat(attacked.values())
    store.remember()
    checks = attack_checks(records, pl.concat(probes), classes=len(test.class_names))
    return AttackedFiles(
        models=tuple(classifiers),
        dataset=test.name,
        attacks=records,
        checks=checks,
        images=tuple(images),
    )
