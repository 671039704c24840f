"""Where a run stands: never started, in the middle, finished, damaged."""

import os
import shutil

import pytest
import torch

from cuelens.errors import MissingDataError
from cuelens.evaluation import RecordStore
from cuelens.study import Status, import_predictions, run_study, study_status
from cuelens.study.plan.plan import plan_of
from cuelens.study.run.status import Stage
from cuelens.study.run.work import Work
from cuelens.study.run_folder.imported import read_imported
from cuelens.study.run_folder.run_folder import claim_folder, finished_parts


@pytest.fixture
def plan(tiny_content):
    return plan_of(tiny_content, where="study.yaml")


def stages(status: Status) -> dict[tuple[str, str], Stage]:
    return {(one.stage, one.model): one for one in status.stages}


def counted(stage: Stage) -> tuple[int, int]:
    return sum(one.done for one in stage.work), sum(one.total for one in stage.work)


def test_a_finished_run_has_nothing_left(tiny_run):
    found = study_status(tiny_run)
    assert found.name == "tiny"
    assert found.finished
    assert found.lost == ()
    assert found.seconds_left == 0
    assert found.written is not None
    done = {place: counted(stage) for place, stage in stages(found).items()}
    for model in ("standard", "adversarial"):
        assert done["training", model] == (2, 2)
        assert done["predictions", model] == (7 * 40 + 45, 7 * 40 + 45)
        assert done["attacks", model] == (20, 20)
        # Of two conditions: 8 maps measured, 4 tested; 4 of edges and of noise.
        assert done["salience", model] == (2 * 8 + 2 * 4 + 2 * 4, 2 * 8 + 2 * 4 + 2 * 4)
    assert done["salience", ""] == (4, 4)
    assert done["strips", ""] == (1, 1)


def test_a_run_that_was_never_started_has_everything_left(tmp_path, plan):
    with pytest.raises(MissingDataError, match="Expected a run folder at"):
        study_status(tmp_path / "run")
    found = study_status(tmp_path / "run", plan)
    assert not found.finished
    assert found.written is None
    assert found.seconds_left is None
    assert counted(stages(found)["predictions", "standard"]) == (0, 7 * 40 + 45)
    assert found.there == ""
    assert not (tmp_path / "run").exists()
    claim_folder(tmp_path / "run", plan)
    assert not study_status(tmp_path / "run").finished


def test_a_run_in_the_middle_says_what_is_left_and_for_how_long(tiny_copy):
    (tiny_copy / "parts.json").unlink()
    store = RecordStore(tiny_copy / "records")
    lost = 0
    for key in store.keys("predictions"):
        rows = store.read("predictions", [key])
        if rows["model"][0] == "standard" and rows["family"][0] == "shuffle":
            store.path("predictions", key).unlink()
            lost += 1
    assert lost == 2
    shutil.rmtree(tiny_copy / "records" / "strips")
    found = study_status(tiny_copy)
    assert found.there == "31 of 34 pieces of work are there already."
    assert not found.finished
    left = {place: stage.left for place, stage in stages(found).items() if stage.left}
    assert set(left) == {("predictions", "standard"), ("strips", "")}
    assert [one.what for one in left["predictions", "standard"]] == ["shuffle=2", "shuffle=4"]
    assert found.lost == ()
    standard = stages(found)["predictions", "standard"]
    assert 0 < standard.seconds_left < 60
    assert found.seconds_left is None  # nothing tells how long strips take


def test_a_part_that_was_altered_or_is_gone_is_named_until_it_is_made_anew(tiny_copy, plan, caplog):
    parts, store = finished_parts(tiny_copy), RecordStore(tiny_copy / "records")
    torn, gone = (store.path("predictions", key) for key in parts["predictions"][:2])
    torn.write_bytes(torn.read_bytes()[:-10])
    gone.unlink()
    found = study_status(tiny_copy)
    assert not found.finished
    assert len(found.lost) == 2
    assert any(one.startswith(f"`{torn}` must be a whole part") for one in found.lost)
    assert f"Expected a part of the records at `{gone}`, got none." in found.lost
    assert sum(len(stage.left) for stage in found.stages) == 2
    run_study(plan, data_folder=None, out=tiny_copy, device=torch.device("cpu"))
    warned = [one.message for one in caplog.records if one.levelname == "WARNING"]
    assert warned[1:] == [f"{one} It is made anew." for one in found.lost]
    assert study_status(tiny_copy).finished


def test_a_status_changes_nothing(tiny_copy):
    (tiny_copy / "records" / ".verified.json").unlink()
    before = {path: path.stat().st_mtime_ns for path in tiny_copy.rglob("*")}
    study_status(tiny_copy)
    assert {path: path.stat().st_mtime_ns for path in tiny_copy.rglob("*")} == before


def test_a_training_in_hand_is_as_far_as_its_checkpoint(tiny_copy):
    (tiny_copy / "models" / "standard.safetensors").unlink()
    (standard,) = stages(study_status(tiny_copy))["training", "standard"].work
    assert (standard.done, standard.total, standard.unit) == (2, 2, "steps")
    shutil.rmtree(tiny_copy / "training" / "standard")
    (standard,) = stages(study_status(tiny_copy))["training", "standard"].work
    assert (standard.done, standard.total) == (0, 2)


def pieces(*rows):
    return [
        Work(stage=stage, model=model, what=what, done=done, total=total, seconds=seconds)
        for stage, model, what, done, total, seconds in rows
    ]


@pytest.mark.parametrize(
    ("rows", "seconds"),
    [
        ([("predictions", "a", "clean", 10, 30, 5.0)], 10.0),  # at its own pace
        # At the pace of the same condition on another model, not of another condition.
        (
            [
                ("predictions", "a", "shuffle", 0, 10, None),
                ("predictions", "b", "shuffle", 10, 10, 20.0),
                ("predictions", "a", "clean", 10, 10, 1.0),
            ],
            20.0,
        ),
        (
            [
                ("predictions", "a", "shuffle", 0, 10, None),
                ("predictions", "a", "clean", 10, 10, 1.0),
                ("predictions", "b", "clean", 10, 10, 3.0),
            ],
            1.0,
        ),
        (
            [
                ("attacks", "a", "pgd", 0, 10, None),
                ("predictions", "a", "clean", 10, 10, 1.0),
            ],
            None,
        ),
        (  # One training tells nothing of another kind.
            [("training", "a", "standard", 10, 10, 1.0), ("training", "b", "pgd", 0, 10, None)],
            None,
        ),
        (
            [("training", "a", "pgd", 10, 10, 1.0), ("training", "b", "pgd", 5, 10, None)],
            0.5,
        ),
        ([("predictions", "a", "clean", 10, None, 5.0)], None),
    ],
)
def test_what_is_left_takes_as_long_as_the_nearest_that_was_done(rows, seconds):
    from cuelens.study.run import status

    found = Status(
        name="x",
        stages=tuple(status._stages(pieces(*rows))),
        lost=(),
        finished=False,
        written=None,
    )
    assert found.seconds_left == (None if seconds is None else pytest.approx(seconds))


def test_answers_that_were_imported_are_shown_with_their_files_and_count(tiny_copy, tmp_path):
    store = RecordStore(tiny_copy / "records")
    rows = store.read("predictions").filter(model="standard", condition="shuffle=2")
    path = tmp_path / "answers.csv"
    rows.select(id="image", condition="condition", prediction="prediction").write_csv(path)
    import_predictions([path], into=tiny_copy, model="clip")
    found = study_status(tiny_copy)
    (work,) = stages(found)["imported", "clip"].work
    assert (work.what, work.done, work.total, work.unit) == ("answers.csv", 40, 40, "answers")
    assert found.finished
    (key,) = read_imported(tiny_copy)["clip"].keys
    store.path("predictions", key).unlink()
    gone = study_status(tiny_copy)
    assert not gone.finished
    assert not stages(gone)["imported", "clip"].work[0].finished


def test_what_a_disk_altered_in_silence_is_named_and_made_anew(tiny_copy, tiny_run, run_tiny):
    store = RecordStore(tiny_copy / "records")
    key = store.keys("predictions")[0]
    path = store.path("predictions", key)
    before, content = path.stat(), bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    found = study_status(tiny_copy)
    assert [str(path) in sentence for sentence in found.lost] == [True]
    assert not found.finished
    run_tiny(tiny_copy)
    assert study_status(tiny_copy).finished
    there = RecordStore(tiny_run / "records").read("predictions", [key])
    assert RecordStore(tiny_copy / "records").read("predictions", [key]).equals(there)
