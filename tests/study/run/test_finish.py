"""A finished run is recognised without its work, and never where anything is another."""

import os

import pytest
import torch

from cuelens.evaluation import RecordStore
from cuelens.study import run_study
from cuelens.study.plan.plan import plan_of
from cuelens.study.run import finish, run
from cuelens.study.run_folder.run_folder import finished_parts

CPU = torch.device("cpu")


@pytest.fixture
def again(tiny_copy, tiny_content, monkeypatch):
    """Return what runs the study again, and returns whether it went through its work."""

    def run_again(content=tiny_content) -> bool:
        worked = []
        evaluate = run.evaluate_study

        def watched(*arguments, **options):
            worked.append(True)
            return evaluate(*arguments, **options)

        with monkeypatch.context() as patch:
            patch.setattr(run, "evaluate_study", watched)
            plan = plan_of(content, where="study.yaml")
            said = run_study(plan, data_folder=None, out=tiny_copy, device=CPU)
        assert said == bool(worked)
        return said

    return run_again


def test_a_finished_run_is_recognised_without_its_work(again, tiny_copy):
    before = {path: path.stat().st_mtime_ns for path in tiny_copy.rglob("*") if path.is_file()}
    assert not again()
    after = {path: path.stat().st_mtime_ns for path in tiny_copy.rglob("*") if path.is_file()}
    assert after == before


@pytest.mark.parametrize("change", ["tear", "touch", "remove"])
def test_a_part_that_is_not_as_it_was_sends_the_run_through_its_work(again, tiny_copy, change):
    store = RecordStore(tiny_copy / "records")
    key = finished_parts(tiny_copy)["predictions"][0]
    path, rows = store.path("predictions", key), store.read("predictions", [key])
    if change == "tear":
        path.write_bytes(path.read_bytes()[:-1])
    elif change == "touch":  # is read once more, and whole
        os.utime(path, ns=(1, 1))
    else:
        path.unlink()
    assert again() == (change != "touch")
    assert RecordStore(tiny_copy / "records").read("predictions", [key]).equals(rows)
    assert not again()


def test_a_torn_strip_and_an_attacked_image_are_found_too(again, tiny_copy):
    parts, shown = finished_parts(tiny_copy), RecordStore(tiny_copy / "shown")
    strips = list(tiny_copy.glob("records/strips/*"))
    images = [shown.path("attack-images", key) for key in parts.get("attack-images", [])]
    assert strips
    for path in (*strips, *images):
        whole = path.read_bytes()
        path.write_bytes(whole[:-1])
        assert again(), path
        assert not again()


def test_a_network_that_was_written_anew_sends_the_run_through_its_work(again, tiny_copy):
    path = tiny_copy / "models" / "standard.safetensors"
    os.utime(path)
    assert again()
    assert not again()


@pytest.mark.parametrize("evidence", ["_code", "SCHEMA_VERSION", "bfloat16_is_fast"])
def test_other_code_or_another_machine_sends_the_run_through_its_work(again, monkeypatch, evidence):
    value = 99 if evidence == "SCHEMA_VERSION" else lambda *_: "another"
    monkeypatch.setattr(finish, evidence, value)
    assert again()
    assert not again()


def test_images_that_were_changed_send_the_run_through_its_work(again, monkeypatch, tiny_copy):
    import json

    path = tiny_copy / "finished.json"
    noted = json.loads(path.read_text(encoding="utf-8"))
    noted["data"][2] = "other images"
    path.write_text(json.dumps(noted), encoding="utf-8")
    assert again()
    assert not again()


@pytest.mark.parametrize("content", ["", "{", "[]", "{}"])
def test_a_note_that_cannot_be_read_is_no_note(again, tiny_copy, content):
    (tiny_copy / "finished.json").write_text(content, encoding="utf-8")
    assert again()
