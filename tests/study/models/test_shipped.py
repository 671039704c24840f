"""A study takes a network that comes with cuelens where it is what the plan asks for."""

import logging
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from scripts.ship_networks import ship

from cuelens.networks import InputSpecification
from cuelens.sources import ModelCard, build_network, load_model, save_model, zoo
from cuelens.study.models import models
from cuelens.study.models.models import train_models
from cuelens.study.models.shipped import forget_shipped
from cuelens.study.models.trained_file import StudyModel
from cuelens.study.plan.plan import plan_of
from cuelens.study.progress import silent
from cuelens.study.run import run

CPU = torch.device("cpu")


@pytest.fixture
def content(tiny_content):
    """A study of four networks, two of which wait for the adversarial one."""
    low_pass = {"recipe": {"low_pass": {"epochs": 1}}, "half": True}
    tiny_content["models"] = {
        "standard-0": {"recipe": {"epochs": 1}, "half": True},
        "robust-0": {"recipe": {"pgd_linf": {"epochs": 1}}, "half": True},
        "rival-0": {**low_pass, "as_accurate_as": "robust-0"},
        "rival-1": {**low_pass, "cutoff_of": "rival-0", "seed": 1},
        "underfit-0": {"recipe": {"underfit": {}}, "half": True, "as_accurate_as": "robust-0"},
    }
    return tiny_content


@pytest.fixture
def plan(content):
    return plan_of(content, where="study.yaml")


@pytest.fixture
def data(plan):
    return plan.data.open(None, seed=0)


def recipe_of(plan, name):
    (own,) = (one for one in plan.models if one.name == name)
    if name.startswith("rival"):
        return replace(own.recipe, cutoff=4.5)
    return replace(own.recipe, stop_at_accuracy=0.6) if name.startswith("underfit") else own.recipe


def write(folder: Path, plan, data, name: str, *, half: bool = True, **changes: object) -> Path:
    """Write a network as the plan's training would."""
    (own,) = (one for one in plan.models if one.name == name)
    card = ModelCard(
        name=name,
        architecture="small-resnet",
        class_names=data.training.class_names,
        specification=InputSpecification(low_pass=4.5 if name.startswith("rival") else None),
        recipe=repr(recipe_of(plan, name)),
        training_seed=own.seed,
        training={
            "data_fingerprint": data.training.fingerprint,
            "validation_accuracy": 0.6,
            "weights": "best",
        },
    )
    classes = len(card.class_names)
    network = build_network("small-resnet", classes=classes, seed=len(name) + own.seed)
    path = folder / f"{name}.safetensors"
    save_model(path, network, replace(card, **changes), half=half)
    path.with_suffix(".md").write_text(f"# {name}\n")
    return path


@pytest.fixture
def shipped(plan, data, tmp_path, monkeypatch) -> Path:
    """The package's folder of the study, with all of its networks in it."""
    monkeypatch.setattr(zoo, "WEIGHTS", tmp_path / "package" / "weights")
    folder = tmp_path / "package" / "weights" / plan.study.name
    for one in plan.models:
        write(folder, plan, data, one.name)
    return folder


@pytest.fixture
def trained(monkeypatch, shipped) -> list[str]:
    """The names of networks that are not read from their file, but would be trained."""
    names = []

    def note(path, plan, _data, **_settings):
        if not path.is_file():
            names.append(plan.name)
            shutil.copy(shipped / f"{plan.name.partition(',')[0]}.safetensors", path)
        classifier, card = load_model(path)
        return StudyModel(classifier=classifier, card=card)

    monkeypatch.setattr(models, "train_model_file", note)
    return names


def test_what_comes_with_cuelens_is_copied_and_nothing_is_trained(plan, data, shipped, tmp_path):
    out = tmp_path / "run"
    found = train_models(plan.models, data, out, progress=silent, device=CPU, study=plan.study.name)
    assert list(found) == [one.name for one in plan.models]
    for file in shipped.iterdir():
        assert (out / "models" / file.name).read_bytes() == file.read_bytes()
    assert not (out / "training").exists()


def test_a_network_of_another_plan_is_trained_anew_and_told(
    plan, data, shipped, trained, tmp_path, caplog
):
    write(shipped, plan, data, "standard-0", training_seed=5, recipe="Recipe()")
    with caplog.at_level(logging.WARNING, logger="cuelens"):
        train_models(
            plan.models, data, tmp_path / "run", progress=silent, device=CPU, study=plan.study.name
        )
    assert trained == ["standard-0"]
    assert [record.getMessage() for record in caplog.records] == [
        (
            "standard-0 comes with cuelens with another recipe, another seed than the study's. It "
            "is trained anew."
        )
    ]


@pytest.mark.parametrize("study", [None, "else"])
def test_nothing_is_taken_from_another_study_or_where_it_is_not_wanted(
    content, data, shipped, trained, tmp_path, study
):
    content["models"] = {"standard-0": content["models"]["standard-0"]}
    plan = plan_of(content, where="study.yaml")
    (tmp_path / "run" / "models").mkdir(parents=True)
    train_models(plan.models, data, tmp_path / "run", progress=silent, device=CPU, study=study)
    assert trained == ["standard-0"]


def test_nothing_is_taken_where_full_precision_is_asked_for(
    content, data, shipped, trained, tmp_path
):
    content["models"] = {"standard-0": content["models"]["standard-0"] | {"half": False}}
    plan = plan_of(content, where="study.yaml")
    (tmp_path / "run" / "models").mkdir(parents=True)
    train_models(
        plan.models, data, tmp_path / "run", progress=silent, device=CPU, study=plan.study.name
    )
    assert trained == ["standard-0"]


def test_only_copies_that_the_run_did_not_train_are_forgotten(plan, data, shipped, tmp_path):
    folder = tmp_path / "run" / "models"
    shutil.copytree(shipped, folder)
    (tmp_path / "run" / "training" / "robust-0").mkdir(parents=True)
    write(folder, plan, data, "rival-1", training={"seconds": 1.0})  # other bytes
    forget_shipped(tmp_path / "run", plan.models, study=plan.study.name)
    left = sorted(path.stem for path in folder.glob("*.safetensors"))
    assert left == ["rival-1", "robust-0"]


def test_a_run_that_trains_everything_takes_nothing_and_forgets_copies(
    plan, shipped, tmp_path, monkeypatch
):
    taken = []

    def stop(*_arguments, study, **_settings):
        taken.append((study, sorted(path.stem for path in (out / "models").glob("*.safetensors"))))
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "train_models", stop)
    out = tmp_path / "run"
    for retrain in (False, True):
        with pytest.raises(KeyboardInterrupt):
            run.run_study(plan, data_folder=None, out=out, device=CPU, retrain=retrain)
        (out / "models").mkdir(exist_ok=True)
        shutil.copy(shipped / "standard-0.safetensors", out / "models")
    assert taken == [(plan.study.name, []), (None, [])]


def test_finished_networks_are_shipped_where_their_seed_belongs(plan, data, tmp_path):
    for one in plan.models:
        write(tmp_path / "models", plan, data, one.name)
    told = dict(ship(plan, data, tmp_path / "models", tmp_path))
    assert told == dict.fromkeys((one.name for one in plan.models), "")
    package = tmp_path / "src" / "cuelens" / "sources" / "weights" / plan.study.name
    beside = tmp_path / "studies" / plan.study.name
    zeros = ["rival-0", "robust-0", "standard-0", "underfit-0"]
    assert sorted(path.stem for path in package.glob("*.safetensors")) == zeros
    assert [path.name for path in sorted(beside.iterdir())] == ["rival-1.md", "rival-1.safetensors"]
    assert (beside / "rival-1.md").read_text().startswith("# rival-1\n\n`rival-1.safetensors`")


def test_what_cannot_be_shipped_is_named_with_the_reason(plan, data, tmp_path):
    folder = tmp_path / "models"
    size = write(folder, plan, data, "standard-0", half=False).stat().st_size
    write(folder, plan, data, "rival-0", recipe="Recipe()")
    write(folder, plan, data, "rival-1", training_seed=3)
    assert dict(ship(plan, data, folder, tmp_path)) == {
        "standard-0": f"it has {size:,} bytes, more than 1,000,000",
        "rival-0": "robust-0 is not there, which it was made to match",
        "rival-1": "its card has another seed than the study",
    }
    assert not (tmp_path / "src").exists()
