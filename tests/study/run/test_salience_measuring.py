"""Which measures a study takes of which maps, and how many times it computes them."""

import pytest
import torch
from torch import nn

from cuelens.attacks import PGD, Suite
from cuelens.balls import Linf
from cuelens.datasets import CueControlled
from cuelens.evaluation import AttackCondition, Condition, RecordStore, Target, condition_of
from cuelens.metrics import IMAGE_MEASURES, MASK_MEASURES, MEASURES
from cuelens.networks import Classifier
from cuelens.salience import Gradient
from cuelens.study.plan.salience_plan import SaliencePlan, shown_attack
from cuelens.study.run.salience_measuring import Measuring

PGD_2 = PGD(ball=Linf(radius=8 / 255), step=4 / 255, steps=2)
CONDITIONS = (
    Condition.clean(),
    condition_of("shuffle", 2),
    AttackCondition(name="pgd-2", attack=PGD_2),
)


@pytest.fixture(scope="module")
def images():
    return CueControlled(count=20, split="test")


@pytest.fixture(scope="module")
def classifiers(images):
    found = {}
    for seed, name in enumerate(("standard", "robust")):
        layers = nn.Sequential(
            nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 10)
        )
        generator = torch.Generator().manual_seed(seed)
        for parameter in layers.parameters():
            parameter.data = torch.randn(parameter.shape, generator=generator)
        found[name] = Classifier(layers, class_names=images.class_names, name=name)
    return found


def measured(store, images, classifiers, **changes):
    settings = {
        "methods": {"gradient": Gradient()}, "images": 8, "strips": 1, "conditions": CONDITIONS,
        "target": Target.TRUE, "tested": 4, "steps": 3, "noise": 0.05, "depths": 2,
        "models": tuple(classifiers),
    }  # fmt: skip
    stages = []
    measuring = Measuring(
        plan=SaliencePlan(**(settings | changes)),
        images=images,
        classifiers=classifiers,
        seeds=dict.fromkeys(classifiers, 0),
        store=store,
        draw=0,
        tell=lambda stage: lambda done, total, note: stages.append(stage),
    )
    done = list(measuring.run())
    keys = {table: [k for one in done if one.table == table for k in one.keys]
            for table in ("salience", "agreements")}  # fmt: skip
    frames = {table: store.read(table, own) for table, own in keys.items()}
    return frames["salience"], frames["agreements"], sum(one.computed for one in done), stages


@pytest.fixture
def store(tmp_path):
    return RecordStore(tmp_path)


def test_every_map_has_its_measures(store, images, classifiers):
    salience, agreements, _, stages = measured(store, images, classifiers)
    shape = {*MEASURES, *IMAGE_MEASURES, "white_share", "drawn_brightness"}
    alike = ("rank_correlation", "top_overlap", "structural_similarity")
    tests = {"deletion", "insertion", *(f"noise_{one}" for one in alike),
             *(f"randomised_{one}" for one in alike),
             *(f"{how}_rank_correlation:{layer}" for how in ("cascade", "independent")
               for layer in ("4", "0"))}  # fmt: skip
    changed = {f"condition_{one}" for one in alike}
    expected = {
        ("clean", "gradient"): shape | {*MASK_MEASURES} | tests,
        ("shuffle=2", "gradient"): shape | changed,
        ("pgd-2", "gradient"): shape | changed,
        ("clean", "edges"): shape | {*MASK_MEASURES, "deletion", "insertion"},
        ("clean", "noise"): shape | {*MASK_MEASURES, "deletion", "insertion"},
    }
    for model in classifiers:
        own = salience.filter(model=model)
        places = own.select("condition", "method").unique().rows()
        assert set(places) == set(expected)
        for (condition, method), names in expected.items():
            part = own.filter(condition=condition, method=method)
            assert set(part["measure"]) == names
    counts = salience.filter(condition="clean", method="gradient", model="robust")
    counts = dict(counts.group_by("measure").len().iter_rows())
    assert (counts["sparsity"], counts["deletion"]) == (8, 4)
    assert agreements.select("model", "other").unique().rows() == [("robust", "standard")]
    assert agreements.height == 3 * 4
    assert "salience tests robust, gradient, shuffle=2" in stages
    assert "salience agreement gradient, clean" in stages


def test_no_image_and_measure_has_two_records(store, images, classifiers):
    salience, *_ = measured(store, images, classifiers)
    place = ["model", "condition", "method", "measure", "image"]
    assert not salience.select(place).is_duplicated().any()


def test_measuring_again_computes_nothing(store, images, classifiers):
    _, _, first, _ = measured(store, images, classifiers)
    _, _, again, _ = measured(RecordStore(store.folder), images, classifiers)
    assert (first > 0, again) == (True, 0)


def test_nothing_is_asked_again_where_no_image_is_tested(store, images, classifiers):
    salience, agreements, _, _ = measured(store, images, classifiers, tested=0)
    assert set(salience["method"]) == {"gradient"}
    assert "deletion" not in set(salience["measure"])
    assert agreements.is_empty()


def test_without_methods_there_are_no_maps_to_hold_against_any(store, images, classifiers):
    salience, agreements, computed, _ = measured(store, images, classifiers, methods={})
    assert (salience.height, agreements.height, computed) == (0, 0, 0)


def test_the_class_that_the_study_names_is_explained(store, images, classifiers):
    salience, agreements, _, _ = measured(store, images, classifiers, target=Target.PREDICTED)
    assert salience["settings"].str.ends_with(", Target.PREDICTED").all()
    assert agreements["settings"].str.ends_with(", Target.PREDICTED").all()
    seen = salience.filter(model="robust", condition="clean", measure="sparsity", method="gradient")
    rows = torch.tensor([images.ids.index(image) for image in seen["image"]])
    predicted = Target.PREDICTED.labels(
        classifiers["robust"], images.images(rows), images.labels[rows]
    )
    assert seen["label"].to_list() == predicted.tolist()


def test_of_a_suite_the_first_attack_is_looked_at():
    other = PGD(ball=Linf(radius=8 / 255), step=4 / 255, steps=3)
    suite = Suite(members=(("two", PGD_2), ("three", other)), in_turn=False)
    assert shown_attack(suite) == shown_attack(PGD_2) == PGD_2
