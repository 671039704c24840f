"""`cuelens inspect` and `cuelens audit` as a person meets them, on a network of two classes."""

import json

import pytest

from cuelens.evaluation import RecordStore


@pytest.fixture(scope="module")
def audited(model, pictures, cuelens, tmp_path_factory):
    """Return the folder of a quick audit, and what it printed."""
    out = tmp_path_factory.mktemp("audit") / "run"
    return out, cuelens("audit", model, "--data", pictures, "--quick", "--limit", 12, "--out", out)


def test_inspect_says_what_was_understood(model, cuelens):
    done = cuelens("inspect", model)
    assert done.code == 0, done.err
    for words in (
        "32 x 32 pixels", "small-resnet", "2: across, down", "Main layers", "classify",
    ):  # fmt: skip
        assert words in done.out
    assert "`--data FOLDER` looks for faults" in done.err


def test_inspect_prints_json_for_programs(model, pictures, cuelens):
    done = cuelens("inspect", model, "--data", pictures, "--json", "--limit", 12)
    tables = {one["name"]: one["rows"] for one in json.loads(done.out)["tables"]}
    (found,) = tables["model"]
    assert found["class_names"] == ["across", "down"]
    assert found["input"]["size"] == "32 x 32 pixels"
    assert tables["layers"][-1] == {"name": "classify", "kind": "Linear", "parameters": 258}
    names = [one["name"] for one in tables["findings"]]
    assert "class-order" in names
    raised = [one["name"] for one in tables["findings"] if one["raised"]]
    assert "few-preflight-images" in raised
    assert done.code == 1


@pytest.mark.slow
def test_audit_prints_faults_profile_attacks_and_the_page(audited):
    out, done = audited
    assert done.code == 0, done.err
    assert "Warning: few-preflight-images: mine: the pre-flight looked at 12 images" in done.err
    assert "Cue reliance" in done.out
    assert "quick-linf-8/255" in done.out
    assert done.out.splitlines()[-1] == str((out / "report.html").resolve())


@pytest.mark.slow
def test_the_page_has_the_pre_flight_on_top_and_no_verdicts(audited):
    out, _ = audited
    page = (out / "report.html").read_text(encoding="utf-8")
    body = page[page.index("<main>") :]
    assert body.index('id="preflight"') < body.index('id="models"')
    assert 'id="verdicts"' not in body
    assert "few-preflight-images" in body
    assert "mine relies" in page
    assert (out / "tables" / "preflight.csv").is_file()


@pytest.mark.slow
def test_audit_again_computes_nothing(audited, model, pictures, cuelens):
    out, _ = audited
    before = {path: path.stat().st_mtime_ns for path in (out / "records").rglob("*.parquet")}
    assert before
    words = ("--quick", "--limit", 12, "--out", out)
    done = cuelens("audit", model, "--data", pictures, *words)
    assert done.code == 0, done.err
    after = {path: path.stat().st_mtime_ns for path in (out / "records").rglob("*.parquet")}
    assert after == before
    assert RecordStore(out / "records").keys("predictions")


def test_audit_refuses_two_models_of_one_name(model, pictures, tmp_path, cuelens):
    words = ("--data", pictures, "--out", tmp_path / "run")
    done = cuelens("audit", model, model, *words)
    assert done.code == 2
    assert "Models must have different names, got 'mine' twice" in done.err
