"""The form of a study file: its words come from the exports, its errors say what to write."""

import dataclasses
import json
import types
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml
from jsonschema import Draft202012Validator
from PIL import Image
from pydantic import TypeAdapter, ValidationError

import cuelens.attacks as attacks
import cuelens.salience as salience
import cuelens.study as study
import cuelens.training as training
import cuelens.transforms as transforms
from cuelens.attacks import FGSM, PGD, Restarts
from cuelens.balls import Linf
from cuelens.datasets import CueControlled, ProceduralStyles, StyleFolder
from cuelens.errors import ConfigError
from cuelens.study.plan.form_errors import explain
from cuelens.study.plan.schema import Number, build, choice, chosen, exported, form_of
from cuelens.tensors import Images

STUDIES = Path(__file__).parents[3] / "studies"
DEMO = Path(study.__file__).with_name("files") / "demo.yaml"


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return study.study_schema()


def words(schema: dict[str, Any], form: str) -> set[str]:
    return set(schema["$defs"][form]["properties"])


@pytest.mark.parametrize(
    ("form", "package"),
    [
        ("AttackChoice", attacks),
        ("ConditionEntry", transforms),
        ("SalienceChoice", salience),
    ],
)
def test_the_json_schema_names_every_method_that_a_package_exports(schema, form, package):
    public = [getattr(package, name) for name in package.__all__]
    versioned = {
        each.__name__
        for each in public
        if dataclasses.is_dataclass(each) and hasattr(each, "version")
    }
    if package is salience:
        versioned -= words(schema, "BaselineChoice")
    beside = {"images", "models"} if form == "ConditionEntry" else set()
    assert words(schema, form) == versioned | beside
    assert versioned


def test_the_json_schema_keeps_objectives_schedules_and_augmentations_apart(schema):
    assert words(schema, "ObjectiveChoice") == {
        *("Alternating", "Free", "MinMax", "Noisy", "Standard", "TRADES")
    }
    assert words(schema, "ScheduleChoice") == {"Constant", "OneCycle", "Steps"}
    assert words(schema, "AugmentationChoice") == {"CropAndFlip"}


def test_the_json_schema_names_the_settings_of_a_method_and_says_what_it_is(schema):
    saturation = schema["$defs"]["SaturationLevels"]
    assert set(saturation["properties"]) == {"level"}
    assert saturation["required"] == ["level"]
    assert saturation["additionalProperties"] is False
    assert saturation["description"] == transforms.Saturation.__doc__.splitlines()[0]


@pytest.mark.parametrize("path", [*sorted(STUDIES.glob("*.yaml")), DEMO], ids=lambda p: p.name)
def test_the_studies_that_come_with_cuelens_keep_the_json_schema(schema, path):
    Draft202012Validator.check_schema(schema)
    content = json.loads(json.dumps(yaml.safe_load(path.read_text(encoding="utf-8"))))
    assert not [error.message for error in Draft202012Validator(schema).iter_errors(content)]


def test_the_json_schema_refuses_an_unknown_field(schema, tiny_content):
    tiny_content["models"]["standard"]["recipe"]["epoch"] = 3
    assert not Draft202012Validator(schema).is_valid(tiny_content)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Fade:
    """Pull every pixel towards black."""

    version: ClassVar[int] = 1
    share: float = 0.5
    times: int = 1

    def __call__(self, images: Images, *, chance: object) -> Images:
        return images * self.share**self.times


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Rate:
    """Called like no transform."""

    version: ClassVar[int] = 1

    def __call__(self, done: float) -> float:
        return done


def test_a_transform_that_needs_masks_is_a_word_too_and_not_taken_for_one_that_does_not():
    assert exported(transforms, transforms.MaskTransform) == (transforms.Silhouette,)
    assert transforms.Silhouette not in exported(transforms, transforms.Transform)


def test_a_new_export_is_a_new_word_of_the_study_file():
    package = types.ModuleType("package")
    package.Fade, package.Rate, package.helper = Fade, Rate, len
    package.Transform = transforms.Transform
    package.__all__ = ["Fade", "Rate", "Transform", "helper"]
    found = exported(package, transforms.Transform)
    assert found == (Fade,)
    form = choice("Fade", found, levels=True)
    assert build(form.model_validate({"Fade": {"share": "1/4"}})) == Fade(share=0.25)
    assert form.model_json_schema()["$defs"]["FadeLevels"]["description"] == Fade.__doc__


@pytest.mark.parametrize(
    ("written", "value"),
    [("8/255", 8 / 255), ("8 / 255", 8 / 255), (0.25, 0.25), (1, 1.0), ("1e-3", 1e-3)],
)
def test_a_number_may_be_a_fraction(written, value):
    assert TypeAdapter(Number).validate_python(written) == value


@pytest.mark.parametrize("written", ["8/0", "a/b", "8/255/2", "eight", f"1{'0' * 400}/1", [1.0]])
def test_what_is_no_number_is_refused(written):
    with pytest.raises(ValidationError, match="Input should be a valid number"):
        TypeAdapter(Number).validate_python(written)


def test_a_form_builds_the_method_that_it_describes():
    form = choice("Attack", (FGSM, PGD, Restarts))
    step = {"ball": {"Linf": {"radius": "8/255"}}, "step": "2/255", "steps": 3}
    pgd = PGD(ball=Linf(radius=8 / 255), step=2 / 255, steps=3)
    assert build(form.model_validate({"PGD": step})) == pgd
    nested = form.model_validate({"Restarts": {"attack": {"PGD": step}, "count": 4}})
    assert build(nested) == Restarts(attack=pgd, count=4)


def test_what_a_form_leaves_out_is_what_the_method_leaves_out():
    form = form_of(training.Recipe)
    assert build(form.model_validate({}), training.Recipe) == training.Recipe()
    none = form.model_validate({"augmentation": None})
    assert build(none, training.Recipe) == training.Recipe(augmentation=None)


def test_the_styles_of_stylising_are_a_folder_or_the_built_in_ones(tmp_path):
    Image.new("RGB", (8, 8), "red").save(tmp_path / "red.png")
    form = choice("Transform", (transforms.Stylised, transforms.SelfStyled), levels=True)

    def built(**settings: object) -> object:
        return build(form.model_validate({"Stylised": settings}))

    assert built() == transforms.Stylised()
    folder = StyleFolder(folder=str(tmp_path))
    written = {"StyleFolder": {"folder": str(tmp_path)}}
    assert built(styles=written, working_size=64) == transforms.Stylised(
        styles=folder, working_size=64
    )
    written = {"ProceduralStyles": {"count": 5}}
    assert built(styles=written) == transforms.Stylised(styles=ProceduralStyles(count=5))


def test_integrated_gradients_begin_at_baselines_or_at_transformed_images():
    form = choice("Salience", (salience.IntegratedGradients,))
    written = [{"ConstantColour": {"value": 1}}, {"MeanColour": None}, {"Greyscale": None}]
    read = form.model_validate(
        {"IntegratedGradients": {"baselines": written, "score": "log-probability"}}
    )
    assert build(read) == salience.IntegratedGradients(
        baselines=(
            salience.ConstantColour(value=1),
            salience.MeanColour(),
            transforms.Greyscale(),
        ),
        score=salience.Score.LOG_PROBABILITY,
    )
    assert build(form.model_validate({"IntegratedGradients": {}})) == (
        salience.IntegratedGradients()
    )


def test_what_covers_an_image_is_a_baseline_and_a_grid_is_two_numbers():
    form = choice("Salience", (salience.Occlusion, salience.RISE, salience.GradCAM))

    def built(name, **settings):
        return build(form.model_validate({name: settings}))

    blur = {"GaussianBlur": {"deviation": 4}}
    assert built("Occlusion", window=8, cover=blur) == salience.Occlusion(
        window=8, cover=transforms.GaussianBlur(deviation=4)
    )
    assert built("RISE", masks=9, cover={"MeanColour": None}, level="kept") == salience.RISE(
        masks=9, cover=salience.MeanColour(), level="kept"
    )
    assert built("GradCAM", layer="stages", grid=[7, 9], signs="positive") == salience.GradCAM(
        layer="stages", grid=(7, 9), signs="positive"
    )
    with pytest.raises(ValidationError, match="signs"):
        built("GradCAM", signs="negative")


def test_a_baseline_that_is_not_there_is_told_from_those_that_are():
    form = choice("Salience", (salience.IntegratedGradients,))
    written = {"IntegratedGradients": {"baselines": [{"MeanColor": None}]}}
    with pytest.raises(ValidationError) as caught:
        form.model_validate(written)
    message = explain(caught.value, where="study.yaml", form=form)
    assert "Did you mean `MeanColour`?" in message
    assert "GaussianBlur" in message


def test_the_references_of_expected_gradients_are_a_data_set_with_its_settings():
    form = choice("Salience", (salience.ExpectedGradients,))
    written = {"references": {"CueControlled": {"count": 50, "size": 64}}, "samples": 20}
    built = build(form.model_validate({"ExpectedGradients": written}))
    assert (repr(built.references), built.samples) == (repr(CueControlled(count=50, size=64)), 20)


def test_a_method_of_captum_is_named_with_its_own_settings():
    form = choice("Salience", (salience.Captum,))
    written = {
        "attribution": "Occlusion",
        "settings": {"sliding_window_shapes": [3, 4, 4], "show_progress": False},
        "baseline": {"GaussianBlur": {"deviation": 2}},
    }
    assert build(form.model_validate({"Captum": written})) == salience.Captum(
        attribution="Occlusion",
        settings={"sliding_window_shapes": (3, 4, 4), "show_progress": False},
        baseline=transforms.GaussianBlur(deviation=2),
    )


def test_a_name_with_nothing_behind_it_takes_the_methods_own_settings():
    form = choice("Transform", (transforms.Greyscale, transforms.Saturation))
    assert build(form.model_validate({"Greyscale": None})) == transforms.Greyscale()


@pytest.mark.parametrize(
    ("settings", "got"), [({}, "none"), ({"PGD": None, "FGSM": None}, "FGSM, PGD")]
)
def test_a_choice_of_none_or_several_is_refused(settings, got):
    first, second = (dataclasses.make_dataclass(name, []) for name in ("FGSM", "PGD"))
    form = choice("Attack", (first, second))
    with pytest.raises(ConfigError) as error:
        chosen(form.model_validate(settings))
    assert str(error.value) == (
        f"Expected exactly one of FGSM, PGD, got {got}. "
        "Write its name and settings, such as `Name: {field: value}`."
    )


def test_the_form_of_fields_needs_its_class():
    with pytest.raises(TypeError) as error:
        build(form_of(Fade).model_validate({}))
    assert str(error.value) == "`target` must be given for FadeSettings."
