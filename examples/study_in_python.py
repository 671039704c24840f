"""A study in Python: what its file says, run, and what its claims come to.

The same command or program again computes nothing: the records are kept in the folder.
"""

import sys
import tempfile
from pathlib import Path

from cuelens import read_study, run_study
from cuelens.evaluation import RecordStore
from cuelens.study.verdicts.verdicts import verdicts

STUDY = """
name: example
title: A study of a few seconds, too small to decide much
data: {CueControlled: {training: 160, validation: 40, test: 90, conflict: 90}}
models:
  standard: {recipe: {epochs: 2, batch_size: 32}}
  adversarial: {recipe: {pgd_linf: {radius: 4/255}, epochs: 2, batch_size: 32}}
  underfit: {recipe: {epochs: 1, batch_size: 32}, seed: 1}
roles: {underfit: underfit}
conditions:
  saturation: {Saturation: {level: [8, 64]}}
  contrast: {MatchedContrast: {level: [8, 64]}}
  shuffle: {PatchShuffle: {patches: [2, 4]}}
claims:
  - name: high-saturation
    statement: Adversarial training keeps more accuracy at high saturation.
    family: saturation
    levels: [8, 64]
    direction: greater
    margin: 0.05
"""


def main(folder: Path) -> None:
    """Run the study in a folder and print the verdicts."""
    file = folder / "example.yaml"
    file.write_text(STUDY, encoding="utf-8")
    plan, out = read_study(file), folder / "run"
    run_study(plan, data_folder=None, out=out)
    store = RecordStore(out / "records")
    predictions = store.read("predictions")
    print(f"{len(predictions):,} predictions in {out}")
    found = verdicts(
        predictions, store.read("salience"), plan.claims, plan.roles, dataset="cue-controlled-test"
    )
    for verdict in found:
        print(f"{verdict.outcome}: {verdict.sentence}")
        for check in verdict.checks:
            print(f"  {check.name} ({check.result}): {check.sentence}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as place:
            main(Path(place))
