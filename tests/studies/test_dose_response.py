"""The script of the dose-response study: its plans, and what it counts."""

import csv
import importlib.util
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from cuelens.attacks import PGD
from cuelens.balls import Linf
from cuelens.sources import load_model
from cuelens.study import demo_plan
from cuelens.study.images.data import CueControlled
from cuelens.study.models.trained_file import StudyModel
from cuelens.training import MinMax, Standard

SCRIPT = Path(__file__).parents[2] / "studies" / "dose_response.py"


@pytest.fixture(scope="module")
def script():
    specification = importlib.util.spec_from_file_location("dose_response_study", SCRIPT)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def plan():
    return demo_plan()


@pytest.fixture(scope="module")
def few():
    return CueControlled(training=20, validation=20, test=30, conflict=90).open(None, seed=0)


@pytest.fixture
def classifier(tiny_run):
    return load_model(tiny_run / "models" / "standard.safetensors")[0]


def test_radius_0_is_standard_training_and_nothing_else_changes(script, plan):
    found = script.model_plan(plan, 0.0, 7)
    standard = next(model for model in plan.models if model.name == "standard")
    assert found == replace(standard, seed=7)
    assert found.recipe.objective == Standard()


def test_the_demos_own_radius_is_the_demos_own_network(script, plan):
    adversarial = next(model for model in plan.models if model.name == "adversarial")
    radius = adversarial.recipe.objective.attack.ball.radius
    assert script.model_plan(plan, radius, 3) == replace(adversarial, seed=3)


@pytest.mark.parametrize("radius", [2 / 255, 4 / 255, 16 / 255])
def test_the_step_of_the_attack_grows_with_the_radius(script, plan, radius):
    adversarial = next(model for model in plan.models if model.name == "adversarial")
    objective = adversarial.recipe.objective
    found = script.model_plan(plan, radius, 0).recipe.objective
    share = radius / objective.attack.ball.radius
    assert found.attack.ball == Linf(radius=radius)
    assert found.attack.step == pytest.approx(objective.attack.step * share)
    assert found.attack.steps == objective.attack.steps
    assert found.warm_up == objective.warm_up
    assert isinstance(found.attack, PGD)
    assert isinstance(found, MinMax)


def test_a_demo_that_is_not_trained_by_min_max_is_refused(script, plan):
    standard = next(model for model in plan.models if model.name == "standard")
    changed = replace(
        plan,
        models=tuple(
            replace(model, recipe=standard.recipe) if model.name == "adversarial" else model
            for model in plan.models
        ),
    )
    with pytest.raises(TypeError, match="must be trained by min-max"):
        script.model_plan(changed, 4 / 255, 0)


def test_every_answer_is_the_shapes_the_textures_or_anothers(script, classifier, few):
    conflict = few.conflict
    shape, texture, other = script.answers(classifier, conflict)
    predictions = classifier(conflict.images(torch.arange(90))).argmax(1)
    assert shape == int((predictions == conflict.cues["shape"]).sum())
    assert texture == int((predictions == conflict.cues["texture"]).sum())
    assert shape + texture + other == 90


def test_the_share_that_is_right_is_that_of_the_test_images(script, classifier, few):
    predictions = classifier(few.test.images(torch.arange(30))).argmax(1)
    right = float((predictions == few.test.labels).float().mean())
    assert script.share_right(classifier, few) == pytest.approx(right)


def test_the_table_has_a_row_for_each_network_in_order(
    script, plan, tiny_run, tmp_path, monkeypatch, capsys
):
    small = replace(plan, data=CueControlled(training=20, validation=20, test=20, conflict=90))
    classifier, card = load_model(tiny_run / "models" / "standard.safetensors")
    asked = []

    def trained(path, model, data, **_settings):
        asked.append((path.parent.name, model.name, model.seed, data.test.texture_contrast))
        return StudyModel(classifier=classifier, card=card)

    monkeypatch.setattr(script, "demo_plan", lambda: small)
    monkeypatch.setattr(script, "train_model_file", trained)
    monkeypatch.setattr(script, "answers", lambda _classifier, _conflict: (50, 30, 10))
    monkeypatch.setattr(script, "share_right", lambda _classifier, _data: 0.98765)
    words = ["--out", str(tmp_path), "--seeds", "1", "0", "--contrasts", "0.05", "0.03"]
    monkeypatch.setattr(sys, "argv", ["dose_response.py", *words])
    script.main()
    with (tmp_path / "dose-response.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == script.COLUMNS
    assert len(rows) == len(capsys.readouterr().out.splitlines()) == 2 * 2 * len(script.RADII)
    places = [(float(row["contrast"]), float(row["radius"]), int(row["seed"])) for row in rows]
    assert places == sorted(places)
    assert {place[0] for place in places} == {0.03, 0.05}
    assert {(row["clean"], row["shape"], row["texture"], row["other"]) for row in rows} == {
        ("0.9877", "50", "30", "10")
    }
    assert asked[0] == ("0.05-0-1", "standard", 1, 0.05)
    assert len({place for place, *_ in asked}) == len(asked)
