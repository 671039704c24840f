"""A run's folder belongs to one study."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from cuelens.errors import MissingDataError, RecordError, RunFolderError, StorageError
from cuelens.leases import Leases
from cuelens.study.plan.plan import plan_of
from cuelens.study.run_folder.growth import ADDITIONS
from cuelens.study.run_folder.run_folder import (
    LEASES,
    claim_folder,
    finished_parts,
    note_parts,
    read_parts,
    read_plan,
)


@pytest.fixture
def plan(tiny_content):
    return plan_of(tiny_content, where="study.yaml")


def test_a_new_folder_becomes_the_studys_own(tmp_path, plan):
    claim_folder(tmp_path / "deep" / "run", plan)
    assert [each.name for each in (tmp_path / "deep" / "run").iterdir()] == ["study.json"]
    assert read_plan(tmp_path / "deep" / "run") == plan


def test_an_empty_folder_becomes_the_studys_own_whatever_is_hidden_in_it(tmp_path, plan):
    (tmp_path / ".DS_Store").touch()
    claim_folder(tmp_path, plan)
    assert read_plan(tmp_path) == plan


def test_the_same_study_again_leaves_the_folder_as_it_is(tmp_path, plan):
    claim_folder(tmp_path, plan)
    before = (tmp_path / "study.json").stat().st_mtime_ns
    (tmp_path / "report.html").touch()
    claim_folder(tmp_path, plan)
    assert (tmp_path / "study.json").stat().st_mtime_ns == before
    assert (tmp_path / "report.html").exists()


def test_what_a_killed_process_left_half_written_is_taken_away(tmp_path, plan):
    claim_folder(tmp_path, plan)
    (tmp_path / "models").mkdir()
    left = tmp_path / "models" / ".standard.safetensors.0123456789ab.partial"
    left.touch()
    claim_folder(tmp_path, plan)
    assert not left.exists()


def test_another_study_is_refused_and_what_differs_is_named(tmp_path, plan, tiny_content):
    claim_folder(tmp_path, plan)
    before = (tmp_path / "study.json").read_bytes()
    tiny_content["seed"] = 1
    tiny_content["conditions"]["shuffle"]["PatchShuffle"]["patches"] = [2, 8]
    tiny_content["models"]["third"] = {"recipe": {"epochs": 1, "batch_size": 32}}
    with pytest.raises(RunFolderError) as error:
        claim_folder(tmp_path, plan_of(tiny_content, where="study.yaml"))
    assert str(error.value) == (
        f"Expected {tmp_path} to be empty or to hold the study 'tiny' with these settings, got "
        f"one that differs in `conditions`, `seed`. {ADDITIONS} Give another `--out` folder."
    )
    assert (tmp_path / "study.json").read_bytes() == before


def test_the_same_words_in_another_order_are_another_study(tmp_path, plan, tiny_content):
    claim_folder(tmp_path, plan)
    tiny_content["models"] = dict(reversed(tiny_content["models"].items()))
    with pytest.raises(RunFolderError) as error:
        claim_folder(tmp_path, plan_of(tiny_content, where="study.yaml"))
    assert str(error.value) == (
        f"Expected {tmp_path} to be empty or to hold the study 'tiny' with these settings, got "
        f"one that differs in its order. {ADDITIONS} Give another `--out` folder."
    )


def test_what_is_added_to_a_study_makes_its_folder_that_of_the_larger_one(
    tmp_path, plan, tiny_content
):
    claim_folder(tmp_path, plan)
    note_parts(tmp_path, {"predictions": ["a"]}, plan=plan)
    assert finished_parts(tmp_path) is not None
    tiny_content["conditions"]["greyscale"] = {"Greyscale": {}}
    larger = plan_of(tiny_content, where="study.yaml")
    claim_folder(tmp_path, larger)
    assert read_plan(tmp_path) == larger
    assert finished_parts(tmp_path) is None
    with pytest.raises(RunFolderError) as error:  # what the larger one has would be missing
        claim_folder(tmp_path, plan)
    assert "got one that differs in `conditions`." in str(error.value)


def test_nothing_is_added_while_another_process_computes(tmp_path, plan, tiny_content):
    claim_folder(tmp_path, plan)
    other = Leases(tmp_path / LEASES)
    other.take("part")
    claim_folder(tmp_path, plan)  # the same study may join
    tiny_content["conditions"]["greyscale"] = {"Greyscale": {}}
    larger = plan_of(tiny_content, where="study.yaml")
    with pytest.raises(RunFolderError) as error:
        claim_folder(tmp_path, larger)
    assert str(error.value) == (
        f"Expected nobody at work in {tmp_path} while something is added to its study, got "
        "another process that computes there. Wait for it, or stop it: nothing is lost."
    )
    other.release("part")
    claim_folder(tmp_path, larger)


def test_the_end_of_a_study_that_was_added_to_meanwhile_is_not_noted(tmp_path, plan, tiny_content):
    tiny_content["conditions"]["greyscale"] = {"Greyscale": {}}
    claim_folder(tmp_path, plan_of(tiny_content, where="study.yaml"))
    with pytest.raises(RunFolderError) as error:
        note_parts(tmp_path, {}, plan=plan)
    assert str(error.value) == (
        f"Expected {tmp_path} to hold the study 'tiny' as it was when this process began, got one "
        "that something was added to meanwhile. Nothing is lost: run the file with the additions."
    )


def test_of_two_studies_that_claim_a_folder_at_once_one_gets_it(tmp_path, tiny_content):
    plans = []
    for seed in range(6):
        plans.append(plan_of(tiny_content | {"seed": seed}, where="study.yaml"))

    def claim(plan):
        try:
            claim_folder(tmp_path, plan)
        except RunFolderError as error:
            assert "differs in `seed`" in str(error)  # noqa: PT017 - most of them are refused
            return None
        return plan

    with ThreadPoolExecutor(6) as pool:
        (winner,) = [plan for plan in pool.map(claim, plans) if plan is not None]
    assert read_plan(tmp_path) == winner


def test_a_folder_of_other_files_is_refused_and_left_alone(tmp_path, plan):
    (tmp_path / "thesis.tex").write_text("all my work", encoding="utf-8")
    with pytest.raises(RunFolderError) as error:
        claim_folder(tmp_path, plan)
    assert str(error.value) == (
        f"Expected {tmp_path} to be empty or to hold an earlier run, got a folder with other "
        "files. Give another `--out` folder."
    )
    assert [each.name for each in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_file_in_the_folders_place_is_refused(tmp_path, plan):
    place = tmp_path / "run"
    place.write_text("a file", encoding="utf-8")
    with pytest.raises(StorageError) as error:
        claim_folder(place, plan)
    assert str(error.value) == (
        f"`{place}` must be a place that can be written, got: File exists. "
        "Choose another output folder, or change what is there."
    )


def test_a_folder_without_a_study_is_no_run(tmp_path):
    with pytest.raises(MissingDataError) as error:
        read_plan(tmp_path)
    assert str(error.value) == (
        f"Expected a run folder at {tmp_path} (with study.json in it), got none. "
        "Give the `--out` folder of `cuelens study run`."
    )


@pytest.mark.parametrize("action", ["claim", "read"])
def test_a_study_that_cannot_be_read_is_refused(tmp_path, plan, action):
    (tmp_path / "study.json").write_text("{", encoding="utf-8")
    with pytest.raises(RunFolderError) as error:
        claim_folder(tmp_path, plan) if action == "claim" else read_plan(tmp_path)
    assert str(error.value) == (
        f"Expected what a run wrote in {tmp_path / 'study.json'}, got a file that cannot be read "
        "(Expecting property name enclosed in double quotes: line 1 column 2 (char 1)). "
        "Give another `--out` folder."
    )


def test_a_folder_whose_study_is_no_mapping_holds_another_one(tmp_path, plan):
    (tmp_path / "study.json").write_text(json.dumps([1]), encoding="utf-8")
    with pytest.raises(RunFolderError) as error:
        claim_folder(tmp_path, plan)
    assert str(error.value) == (
        f"Expected {tmp_path} to be empty or to hold the study 'tiny' with these settings, got "
        f"one that differs in everything. {ADDITIONS} Give another `--out` folder."
    )


def test_the_parts_of_a_finished_run_are_noted_once(tmp_path):
    parts = {"predictions": ["b", "a"], "strips": ["c"]}
    note_parts(tmp_path, parts)
    before = (tmp_path / "parts.json").stat().st_mtime_ns
    note_parts(tmp_path, {table: tuple(keys) for table, keys in parts.items()})
    assert (tmp_path / "parts.json").stat().st_mtime_ns == before
    assert read_parts(tmp_path) == parts
    note_parts(tmp_path, parts | {"attacks": ["d"]})
    assert read_parts(tmp_path) == parts | {"attacks": ["d"]}


def test_a_run_without_its_parts_has_not_come_to_its_end(tmp_path):
    with pytest.raises(RecordError) as error:
        read_parts(tmp_path)
    assert str(error.value) == (
        f"Expected a run that has come to its end in {tmp_path}, got one that was begun, or "
        "added to, and not finished. Run the study again with `cuelens study run`: it goes on "
        "where it was."
    )
