"""What an audit asks for: a study file that is read like any other, for any size of images."""

import pytest

from cuelens.errors import ConfigError
from cuelens.evaluation import CONTROLS
from cuelens.networks import Classifier, InputSpecification, small_resnet
from cuelens.study.audit import Extent, audit_content, images_for, usual_conditions
from cuelens.study.images.own_images import OwnImages
from cuelens.study.plan.plan import plan_of

MODELS = {"one": "models/one.safetensors", "two": "timm:resnet18"}


def planned(side: int, *, extent: Extent, classes: int = 3):
    names = tuple(f"class {place}" for place in range(classes))
    images = OwnImages(address="photos", size=side, classes=names, limit=extent.images)
    return plan_of(audit_content(MODELS, images, extent=extent), where="the audit")


@pytest.mark.parametrize("side", [16, 32, 64, 224, 299])
@pytest.mark.parametrize("extent", [Extent(), Extent.quick()])
def test_every_family_has_its_control(side, extent):
    families = {one.family for one in usual_conditions(side, few=extent.few)}
    assert families
    assert all(CONTROLS[one] in families for one in families if one in CONTROLS)
    plan = planned(side, extent=extent)
    assert [one.name for one in plan.conditions[1:]] == [
        one.name for one in usual_conditions(side, few=extent.few)
    ]


def test_models_are_opened_and_not_trained_and_nothing_is_claimed():
    plan = planned(224, extent=Extent(), classes=1000)
    assert [(one.name, one.source) for one in plan.models] == list(MODELS.items())
    assert plan.claims == ()
    assert plan.data == OwnImages(
        address="photos",
        classes=tuple(f"class {place}" for place in range(1000)),
        limit=500,
    )


def test_small_images_get_the_larger_radius():
    (small,) = planned(32, extent=Extent()).attacks
    (large,) = planned(224, extent=Extent.quick()).attacks
    assert (small.name, small.images) == ("quick-linf-8/255", 100)
    assert (large.name, large.images) == ("quick-linf-4/255", 32)


def test_a_model_that_is_there_already_states_nothing_else(tiny_content):
    tiny_content["models"]["given"] = {"source": "given.safetensors", "seed": 3}
    with pytest.raises(ConfigError) as caught:
        plan_of(tiny_content, where="study.yaml")
    assert str(caught.value) == (
        "study.yaml: `models.given` must state nothing beside `source` but arch, classes, "
        "preprocessing, got `seed`. A model that is there already is not trained."
    )


def test_images_are_read_as_the_model_expects_them():
    specification = InputSpecification(height=96, width=96)
    classifier = Classifier(small_resnet(2), class_names=("a", "b"), specification=specification)
    assert images_for("photos", classifier, limit=5) == OwnImages(
        address="photos",
        size=96,
        classes=("a", "b"),
        limit=5,
    )
    plain = Classifier(small_resnet(2), class_names=("a", "b"))
    assert images_for("photos", plain).size == 224


@pytest.mark.parametrize(
    ("fit", "expected"), [("square", "lanczos"), ("stretch", "bicubic")], ids=str
)
def test_pictures_are_resized_as_a_model_states_that_says_how_they_are_cut(fit, expected):
    stated = InputSpecification(height=96, width=96, crop=0.5, interpolation="lanczos", fit=fit)
    classifier = Classifier(small_resnet(2), class_names=("a", "b"), specification=stated)
    images = images_for("photos", classifier)
    assert (images.crop, images.interpolation) == (0.5, expected)
    content = audit_content(MODELS, images, extent=Extent())
    assert plan_of(content, where="the audit").data.interpolation == expected


def test_images_that_are_no_squares_are_refused():
    wide = InputSpecification(height=96, width=128)
    classifier = Classifier(small_resnet(2), class_names=("a", "b"), specification=wide, name="net")
    with pytest.raises(ConfigError) as caught:
        images_for("photos", classifier)
    assert str(caught.value) == (
        "Images for net must be squares, got 96 x 128 pixels. State a square size, or use it in "
        "Python."
    )
