"""Study files: what they give, and what each mistake in one is told."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest

from cuelens import salience, training, transforms
from cuelens.attacks import PGD, quick_suite, strong_suite
from cuelens.balls import Linf
from cuelens.errors import ConfigError, MissingDataError
from cuelens.evaluation import FAMILIES, Target
from cuelens.randomness import Chance
from cuelens.salience import Gradient
from cuelens.study import demo_plan, read_study
from cuelens.study.images.data import Cifar10, CueControlled, ImageFolder
from cuelens.study.plan.plan import _expand, plan_of
from cuelens.study.plan.schema import choice, exported
from cuelens.study.plan.stated_claims import PAPER_CLAIMS
from cuelens.tensors import Images
from cuelens.training import MinMax, Recipe
from cuelens.transforms import Greyscale, PatchShuffle, Saturation

STUDIES = Path(__file__).parents[3] / "studies"
TRANSFORMS = ", ".join(
    name
    for name in sorted(transforms.__all__)
    if isinstance(item := getattr(transforms, name), type) and not getattr(item, "_is_protocol", 0)
)
RECIPE = "models.adversarial.recipe"
INNER = f"{RECIPE}.objective.MinMax.attack"
ABSENT = object()


def changed(content: dict[str, Any], field: str, value: object) -> dict[str, Any]:
    """Return the content with the field at a dotted path set, or taken away."""
    *path, last = field.split(".")
    place = content
    for part in path:
        place = place.setdefault(part, {})
    if value is ABSENT:
        del place[last]
    else:
        place[last] = value
    return content


def message_of(content: object) -> str:
    with pytest.raises(ConfigError) as error:
        plan_of(content, where="study.yaml")
    return str(error.value)


def test_a_study_file_becomes_objects(tiny_content):
    plan = plan_of(tiny_content, where="study.yaml")
    assert plan.data == CueControlled(training=64, validation=40, test=40, conflict=45)
    assert [model.name for model in plan.models] == ["standard", "adversarial"]
    standard, adversarial = plan.models
    assert standard.recipe == Recipe(epochs=1, batch_size=32)
    assert standard.architecture == "resnet10-64"
    assert standard.seed == 0
    attack = PGD(ball=Linf(radius=8 / 255), step=6 / 255, steps=1)
    assert adversarial.recipe.objective == MinMax(attack=attack)
    (planned,) = plan.attacks
    assert (planned.name, planned.images) == ("pgd-2", 20)
    assert planned.attack == PGD(ball=Linf(radius=8 / 255), step=4 / 255, steps=2)
    assert plan.salience.methods == {"gradient": Gradient()}
    assert (plan.salience.images, plan.salience.strips) == (8, 1)
    assert [condition.name for condition in plan.salience.conditions] == ["clean", "shuffle=2"]
    assert (plan.salience.tested, plan.salience.steps, plan.salience.depths) == (4, 4, 2)
    assert (plan.salience.noise, plan.salience.target) == (0.05, Target.TRUE)
    tiny_content["salience"]["explained"] = "predicted"
    assert plan_of(tiny_content, where="study.yaml").salience.target == Target.PREDICTED
    assert plan.roles == {
        "standard": "standard", "adversarial": "adversarial", "underfit": None, "control": None,
    }  # fmt: skip


def test_a_list_of_levels_makes_a_condition_for_each(tiny_content):
    tiny_content["conditions"]["greyscale"] = {"Greyscale": {"weights": [0.2, 0.3, 0.5]}}
    tiny_content["conditions"]["one"] = {"PatchShuffle": {"patches": 4}}
    conditions = plan_of(tiny_content, where="study.yaml").conditions
    assert [condition.name for condition in conditions] == [
        "clean", "saturation=8", "saturation=16", "saturation=64", "saturation=1024",
        "shuffle=2", "shuffle=4", "greyscale", "one=4",
    ]  # fmt: skip
    assert conditions[1].family == "saturation"
    assert conditions[1].level == 8.0
    assert conditions[1].transform == Saturation(level=8)
    assert conditions[6].transform == PatchShuffle(patches=4)
    assert conditions[7].transform == Greyscale(weights=(0.2, 0.3, 0.5))
    assert conditions[7].level is None


def test_only_what_a_known_family_is_graded_by_is_its_level(tiny_content):
    del tiny_content["salience"]
    tiny_content["conditions"] = {
        "stylised": {"Stylised": {"working_size": 64}},
        "self-styled": {"SelfStyled": {"working_size": 64}},
        "shuffle": {"PatchShuffle": {"patches": 4}},
    }
    conditions = plan_of(tiny_content, where="study.yaml").conditions
    assert [condition.name for condition in conditions] == [
        "clean", "stylised", "self-styled", "shuffle=4",
    ]  # fmt: skip
    tiny_content["conditions"] = {"stylised": {"Stylised": {"working_size": 64, "strength": 0.5}}}
    assert plan_of(tiny_content, where="study.yaml").conditions[1].level == 0.5


def test_a_study_of_few_words_has_defaults():
    content = {"name": "few", "data": {"Cifar10": None}, "models": {"mine": {}}, "seed": 3}
    plan = plan_of(content, where="study.yaml")
    assert plan.data == Cifar10(validation=5000)
    assert [condition.name for condition in plan.conditions] == ["clean"]
    assert [model.seed for model in plan.models] == [3]
    assert plan.attacks == ()
    assert [condition.name for condition in plan.salience.conditions] == ["clean"]
    assert set(plan.roles) == {"standard", "adversarial", "underfit", "control"}
    assert set(plan.roles.values()) == {None}


def test_a_model_that_waits_for_anothers_accuracy_comes_behind_it(tiny_content):
    models = {"underfit": {"as_accurate_as": "adversarial"}} | tiny_content["models"]
    plan = plan_of(tiny_content | {"models": models}, where="study.yaml")
    assert [model.name for model in plan.models] == ["standard", "adversarial", "underfit"]
    assert plan.models[2].as_accurate_as == "adversarial"


def test_a_model_that_takes_on_anothers_cutoff_comes_behind_it(tiny_content):
    rivals = {
        "rival-1": {"recipe": {"low_pass": None}, "seed": 1, "cutoff_of": "rival-0"},
        "rival-0": {"recipe": {"low_pass": None}, "as_accurate_as": "adversarial"},
    }
    plan = plan_of(tiny_content | {"models": rivals | tiny_content["models"]}, where="study.yaml")
    names = ["standard", "adversarial", "rival-0", "rival-1"]
    assert [model.name for model in plan.models] == names
    assert [model.waits_for for model in plan.models] == [None, None, "adversarial", "rival-0"]


def test_a_cutoff_is_taken_on_by_a_filter_from_a_filter_that_chooses_it(tiny_content):
    models = tiny_content["models"]
    models["rival-0"] = {"recipe": {"low_pass": None}, "as_accurate_as": "adversarial"}
    low_pass = {"low_pass": None}
    for entry, sentence in (
        (
            {"recipe": low_pass, "cutoff_of": "standard"},
            (
                "`models.rival-1.cutoff_of` must name a model behind a low-pass filter that "
                "chooses its cutoff by `as_accurate_as`, one of rival-0, got 'standard'."
            ),
        ),
        (
            {"recipe": low_pass, "cutoff_of": "rival"},
            (
                "`models.rival-1.cutoff_of` must name a model behind a low-pass filter that "
                "chooses its cutoff by `as_accurate_as`, one of rival-0, got 'rival' (unknown)."
            ),
        ),
        (
            {"cutoff_of": "rival-0"},
            (
                "`models.rival-1.cutoff_of` is for a recipe behind a low-pass filter, got one "
                "without. Write `recipe: {low_pass: {}}`, or leave it out."
            ),
        ),
        (
            {"recipe": low_pass, "cutoff_of": "rival-0", "as_accurate_as": "adversarial"},
            (
                "`models.rival-1` must have `as_accurate_as` or `cutoff_of`, got both. Keep "
                "`as_accurate_as` to choose a cutoff, `cutoff_of` to take on another's."
            ),
        ),
    ):
        models["rival-1"] = entry
        assert message_of(tiny_content) == f"study.yaml: {sentence}"
    del models["rival-0"]
    models["rival-1"] = {"recipe": low_pass, "cutoff_of": "rival-0"}
    assert message_of(tiny_content) == (
        "study.yaml: `models.rival-1.cutoff_of` must name a model behind a low-pass filter that "
        "chooses its cutoff by `as_accurate_as`, and none here does, got 'rival-0' (unknown)."
    )


def test_a_folder_of_images_can_be_studied(tiny_content):
    content = changed(tiny_content, "data", {"ImageFolder": {"size": 64}})
    assert plan_of(content, where="study.yaml").data == ImageFolder(size=64)


METHODS = ", ".join(sorted(each.__name__ for each in exported(salience, salience.Salience)))
UNKNOWN = [
    (
        "modelz",
        {},
        (
            "`modelz` is unknown; expected one of attacks, claims, conditions, conflict, data, "
            "imported, models, name, roles, salience, seed, title. Did you mean `models`?"
        ),
    ),
    (
        "models.standard.netwrk",
        "resnet18",
        (
            "`models.standard.netwrk` is unknown; expected one of arch, as_accurate_as, classes, "
            "cutoff_of, half, keep, network, preprocessing, recipe, seed, source. Did you mean "
            "`network`?"
        ),
    ),
    (
        "models.standard.recipe.epoch",
        3,
        (
            "`models.standard.recipe.epoch` is unknown; expected one of alternating, augmentation, "
            "batch_size, cutoff, epochs, fgsm, free, from_file, gaussian, low_pass, momentum, "
            "objective, pgd_l2, pgd_linf, probe, repaint, replays, schedule, stadv, standard, "
            "stop_at_accuracy, stylised, trades, underfit, weight_decay. Did you mean `epochs`?"
        ),
    ),
    (
        f"{RECIPE}.objective.Minmax",
        {},
        (
            f"`{RECIPE}.objective.Minmax` is unknown; expected one of Alternating, Free, "
            "MinMax, Noisy, Standard, TRADES. Did you mean `MinMax`?"
        ),
    ),
    (
        f"{RECIPE}.augmentation",
        {"OneCycle": {"rate": 0.1}},
        f"`{RECIPE}.augmentation.OneCycle` is unknown; expected one of CropAndFlip.",
    ),
    (
        f"{RECIPE}.schedule",
        {"Constant": {"rate": 0.1, "rise": 0.3}},
        f"`{RECIPE}.schedule.Constant.rise` is unknown; expected one of rate. Did you mean `rate`?",
    ),
    (
        f"{INNER}.PGD.step_size",
        0.1,
        (
            f"`{INNER}.PGD.step_size` is unknown; expected one of ball, batch_size, "
            "random_start, step, steps, "
            "stop_when_fooled. Did you mean `steps`?"
        ),
    ),
    (
        f"{INNER}.PGD.ball",
        {"Linff": {"radius": 0.1}},
        f"`{INNER}.PGD.ball.Linff` is unknown; expected one of L2, Linf. Did you mean `Linf`?",
    ),
    (
        f"{INNER}.PGD.ball.Linf.norm",
        2,
        f"`{INNER}.PGD.ball.Linf.norm` is unknown; expected one of radius.",
    ),
    (
        INNER,
        {"FGSMM": {}},
        f"`{INNER}.FGSMM` is unknown; expected one of FGSM, PGD, StAdv. Did you mean `FGSM`?",
    ),
    (
        "conditions.saturation",
        {"Saturate": {"level": 8}},
        (
            f"`conditions.saturation.Saturate` is unknown; expected one of {TRANSFORMS}, images, "
            "models. Did you mean `Saturation`?"
        ),
    ),
    (
        "conditions.saturation.Saturation.levels",
        8,
        (
            "`conditions.saturation.Saturation.levels` is unknown; expected one of level. Did you "
            "mean `level`?"
        ),
    ),
    (
        "data",
        {"Cifar": {}},
        (
            "`data.Cifar` is unknown; expected one of AddressedImages, Caltech, Cifar10, Cifar100, "
            "CueControlled, HuggingFace, ImageFolder, ImageNet, ImageTable, OwnImages, "
            "TinyImageNet, WebDataset. Did you mean `Cifar10`?"
        ),
    ),
    (
        "data.CueControlled.texture",
        0.1,
        (
            "`data.CueControlled.texture` is unknown; expected one of conflict, cue_strength, "
            "figure_contrast, predictive, size, test, texture_contrast, training, validation. Did "
            "you mean `texture_contrast`?"
        ),
    ),
    (
        "attacks.pgd-2.image",
        3,
        (
            "`attacks.pgd-2.image` is unknown; expected one of attack, ball, images, suite. "
            "Did you mean `images`?"
        ),
    ),
    (
        "attacks.pgd-2.attack",
        {"PDG": {}},
        (
            "`attacks.pgd-2.attack.PDG` is unknown; expected one of APGD, FGSM, PGD, Restarts, "
            "Square, StAdv, TargetedAPGD, TargetedFAB. Did you "
            "mean `PGD`?"
        ),
    ),
    (
        "salience.condition",
        [],
        (
            "`salience.condition` is unknown; expected one of conditions, depths, explained, "
            "images, methods, models, noise, steps, strips, tested. Did you mean `conditions`?"
        ),
    ),
    (
        "salience.methods.gradient",
        {"Gradients": {}},
        (
            "`salience.methods.gradient.Gradients` is unknown; expected one of "
            f"{METHODS}. Did you mean `Gradient`?"
        ),
    ),
    (
        "roles.standart",
        "standard",
        (
            "`roles.standart` is unknown; expected one of adversarial, control, standard, underfit."
            " Did you mean `standard`?"
        ),
    ),
]


@pytest.mark.parametrize(("field", "value", "sentence"), UNKNOWN, ids=lambda v: str(v)[:40])
def test_an_unknown_field_is_named_with_the_valid_and_the_nearest_names(
    tiny_content, field, value, sentence
):
    message = message_of(changed(tiny_content, field, value))
    assert message == f"study.yaml is not a valid study:\n  {sentence}"


WRONG = [
    ("name", ABSENT, "`name` is missing. Add it."),
    ("data", ABSENT, "`data` is missing. Add it."),
    (f"{INNER}.PGD.ball", ABSENT, f"`{INNER}.PGD.ball` is missing. Add it."),
    (
        "conditions.saturation",
        {"Saturation": {}},
        "`conditions.saturation.Saturation.level` is missing. Add it.",
    ),
    (
        "conditions.saturation",
        {"Saturation": None},
        "`conditions.saturation.Saturation.level` is missing. Add it.",
    ),
    ("name", "", "`name`: String should have at least 1 character, got ''."),
    (
        "models",
        {},
        "`models` must have at least 1 entry, got {}. Add one.",
    ),
    ("models", {1: {}}, "`models.1`: Input should be a valid string, got 1."),
    (
        "models.standard",
        "small-resnet",
        (
            "`models.standard` must be a mapping of fields, got 'small-resnet'. Write its fields "
            "below it, each as `field: value`."
        ),
    ),
    (
        "conditions.greyscale",
        "Greyscale",
        (
            "`conditions.greyscale` must be a mapping of fields, got 'Greyscale'. Write its fields "
            "below it, each as `field: value`."
        ),
    ),
    ("seed", -1, "`seed`: Input should be greater than or equal to 0, got -1."),
    (
        "models.standard.recipe.epochs",
        "many",
        (
            "`models.standard.recipe.epochs`: Input should be a valid integer, unable to parse "
            "string as an integer, got 'many'."
        ),
    ),
    (
        "models.standard.recipe.epochs",
        None,
        "`models.standard.recipe.epochs`: Input should be a valid integer, got None.",
    ),
    (
        f"{INNER}.PGD.ball.Linf.radius",
        "8/0",
        (
            f"`{INNER}.PGD.ball.Linf.radius`: Input should be a valid number, unable to parse "
            "string as a number, got '8/0'."
        ),
    ),
    (
        f"{INNER}.PGD.ball.Linf.radius",
        [0.1, 0.2],
        f"`{INNER}.PGD.ball.Linf.radius`: Input should be a valid number, got [0.1, 0.2].",
    ),
    (
        "conditions.saturation.Saturation.level",
        "strong",
        (
            "`conditions.saturation.Saturation.level`: Input should be a valid number, unable to "
            "parse string as a number, got 'strong'."
        ),
    ),
    (
        "conditions.saturation.Saturation.level",
        [8, "strong"],
        (
            "`conditions.saturation.Saturation.level.1`: Input should be a valid number, unable to "
            "parse string as a number, got 'strong'."
        ),
    ),
    (
        "conditions.shuffle.PatchShuffle.patches",
        2.5,
        (
            "`conditions.shuffle.PatchShuffle.patches`: Input should be a valid integer, got a "
            "number with a fractional part, got 2.5."
        ),
    ),
    (
        "conditions.shuffle.PatchShuffle.patches",
        [],
        "`conditions.shuffle.PatchShuffle.patches` must have at least 1 entry, got []. Add one.",
    ),
    (
        "data.CueControlled.predictive",
        ["form"],
        (
            "`data.CueControlled.predictive.0`: Input should be 'shape', 'texture' or 'colour', "
            "got 'form'."
        ),
    ),
    (
        "claims",
        [],
        "`claims` must have at least 1 entry, got []. Add one, or write `claims: none`.",
    ),
    ("salience.images", 0, "`salience.images`: Input should be greater than or equal to 1, got 0."),
    ("roles.standard", None, "`roles.standard`: Input should be a valid string, got None."),
]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    WRONG,
    ids=lambda value: "absent" if value is ABSENT else str(value)[:40],
)
def test_a_missing_field_or_a_wrong_type_is_named(tiny_content, field, value, sentence):
    message = message_of(changed(tiny_content, field, value))
    assert message == f"study.yaml is not a valid study:\n  {sentence}"


def test_every_wrong_field_is_named_at_once(tiny_content):
    del tiny_content["name"]
    tiny_content["modelz"] = {}
    assert message_of(changed(tiny_content, "seed", "x")).splitlines() == [
        "study.yaml is not a valid study:",
        "  `name` is missing. Add it.",
        "  `seed`: Input should be a valid integer, unable to parse string as an integer, got 'x'.",
        (
            "  `modelz` is unknown; expected one of attacks, claims, conditions, conflict, data, "
            "imported, models, name, roles, salience, seed, title. Did you mean `models`?"
        ),
    ]


OUTSIDE = [
    (
        "models.standard.network",
        "resnet8",
        (
            "`models.standard`: `network` must be one of small-resnet, resnet10-64, resnet18, "
            "resnet18-224, efficientnet-lite0, got 'resnet8'. Did you mean 'resnet18'?"
        ),
    ),
    (
        "models.standard.recipe.epochs",
        0,
        "`models.standard.recipe`: `epochs` must be at least 1, got 0.",
    ),
    (
        f"{INNER}.PGD.stop_when_fooled",
        True,
        (
            f"`{RECIPE}`: `attack` must take every step in training, got stop_when_fooled=True, "
            "which is for evaluation. Leave it out."
        ),
    ),
    (
        f"{INNER}.PGD.ball.Linf.radius",
        8,
        (
            f"`{RECIPE}`: `radius` must be at most 1 (pixels are in [0, 1]), got 8. Did you mean "
            "8/255?"
        ),
    ),
    (
        "attacks.pgd-2.attack.PGD.ball.Linf.radius",
        8,
        (
            "`attacks.pgd-2`: `radius` must be at most 1 (pixels are in [0, 1]), got 8. Did you "
            "mean 8/255?"
        ),
    ),
    (
        "conditions.saturation.Saturation.level",
        [8, 0.5],
        (
            "`conditions.saturation`: `level` must be a finite number of at least 1 (1 lowers the "
            "contrast, 2 changes nothing, the paper goes up to 1024), got 0.5."
        ),
    ),
    (
        "conditions.saturation.Saturation.level",
        float("nan"),
        (
            "`conditions.saturation`: `level` must be a finite number of at least 1 (1 lowers the "
            "contrast, 2 changes nothing, the paper goes up to 1024), got nan."
        ),
    ),
    (
        "conditions.shuffle.PatchShuffle.patches",
        1,
        (
            "`conditions.shuffle`: `patches` must be at least 2 (an image is cut into patches x "
            "patches), got 1."
        ),
    ),
    (
        "conditions.both",
        {"Greyscale": {}, "Saturation": {"level": 8}},
        (
            f"`conditions.both`: Expected exactly one of {TRANSFORMS}, got Greyscale, Saturation. "
            "Write its name and settings, such as `Name: {field: value}`."
        ),
    ),
    (
        "conditions.none",
        {},
        (
            f"`conditions.none`: Expected exactly one of {TRANSFORMS}, got none. "
            "Write its name and settings, such as `Name: {field: value}`."
        ),
    ),
    (
        "conditions.clean",
        {"Greyscale": {}},
        (
            "`conditions` and `attacks` must have different names (of a condition, its family and "
            "level), got 'clean' twice. Rename one, or take a level away."
        ),
    ),
    (
        "conditions.saturation.Saturation.level",
        [8, 8],
        (
            "`conditions` and `attacks` must have different names (of a condition, its family and "
            "level), got 'saturation=8' twice. Rename one, or take a level away."
        ),
    ),
    (
        "attacks.shuffle=2",
        {"attack": {"FGSM": {"ball": {"Linf": {"radius": 0.1}}}}},
        (
            "`conditions` and `attacks` must have different names (of a condition, its family and "
            "level), got 'shuffle=2' twice. Rename one, or take a level away."
        ),
    ),
    (
        "data.CueControlled.size",
        8,
        "`data`: `size` must be from 32 to 224 pixels, got 8.",
    ),
    (
        "data.CueControlled.training",
        0,
        "`data`: `training` must be at least 1 image, got 0. Raise it.",
    ),
    (
        "models.../up",
        {},
        (
            "`models` must have names that files can have (letters, digits, spaces and any of . _ "
            "= + -), got '../up'. Rename it."
        ),
    ),
    (
        "salience.conditions",
        ["clean", "saturation=9"],
        (
            "`salience.conditions` must name conditions or attacks of this study, one of clean, "
            "saturation=8, saturation=16, saturation=64, saturation=1024, shuffle=2, shuffle=4, "
            "pgd-2, got 'saturation=9'."
        ),
    ),
    (
        "salience.methods",
        {"noise": {"Gradient": {}}},
        (
            "`salience.methods` must not be called edges or noise, which are maps that every "
            "method is held against, got 'noise'. Rename it."
        ),
    ),
    (
        "roles.standard",
        "nobody",
        (
            "`roles.standard` must name a model of this study, one of standard, adversarial, got "
            "'nobody'. Name a model whose answers will be imported in `imported`."
        ),
    ),
    (
        "imported",
        ["standard"],
        (
            "`imported` must name other models than `models` does, got 'standard' in both. Rename "
            "one."
        ),
    ),
    (
        "models.standard.as_accurate_as",
        "nobody",
        (
            "`models.standard.as_accurate_as` must name another model that waits for none, one of "
            "adversarial, got 'nobody' (unknown)."
        ),
    ),
    (
        "models.standard.as_accurate_as",
        "standard",
        (
            "`models.standard.as_accurate_as` must name another model that waits for none, one of "
            "adversarial, got 'standard'."
        ),
    ),
]


@pytest.mark.parametrize(("field", "value", "sentence"), OUTSIDE, ids=lambda v: str(v)[:40])
def test_a_setting_outside_its_range_is_named_with_its_place(tiny_content, field, value, sentence):
    if field.startswith("models..."):
        tiny_content["models"]["../up"] = value
    else:
        changed(tiny_content, field, value)
    assert message_of(tiny_content) == f"study.yaml: {sentence}"


def test_models_that_wait_for_each_other_are_refused(tiny_content):
    tiny_content["models"]["standard"]["as_accurate_as"] = "adversarial"
    tiny_content["models"]["adversarial"]["as_accurate_as"] = "standard"
    assert message_of(tiny_content) == (
        "study.yaml: `models.standard.as_accurate_as` must name another model that waits for none, "
        "and every model here waits, got 'adversarial'."
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Blur:
    """A transform of two numbers."""

    version: ClassVar[int] = 1
    width: float
    times: int

    def __call__(self, images: Images, *, chance: Chance) -> Images:
        return images


def test_two_lists_of_levels_in_one_condition_are_refused():
    form = choice("Blur", (Blur,), levels=True)
    one = _expand("blur", form.model_validate({"Blur": {"width": [1, 2], "times": 3}}))
    assert [condition.name for condition in one] == ["blur=1", "blur=2"]
    (none,) = _expand("blur", form.model_validate({"Blur": {"width": 1, "times": 3}}))
    assert none.name == "blur"
    with pytest.raises(ConfigError) as error:
        _expand("blur", form.model_validate({"Blur": {"width": [1, 2], "times": [3, 4]}}))
    assert str(error.value) == (
        "At most one setting may be a list of levels, got times, width. Make a family of each."
    )


@pytest.mark.parametrize(
    ("text", "got"),
    [
        (
            "models: [standard", ("an error in line 1, column 18: expected ',' or ']', but got "
            "'<stream end>'. Mend that line."),
        ),
        (
            "name: one\nseed: 3\nname: two\n",
            "an error in line 3, column 1: `name` is written twice. Mend that line.",
        ),
        (
            "a: {b: !!python/object:os.system {}}",
            ("an error in line 1, column 8: could not determine a constructor for the tag "
            "'tag:yaml.org,2002:python/object:os.system'. Mend that line."),
        ),
    ],
    ids=["syntax", "written-twice", "code"],
)  # fmt: skip
def test_a_file_that_is_no_yaml_is_refused_with_the_line(tmp_path, text, got):
    path = tmp_path / "study.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        read_study(path)
    assert str(error.value) == f"Expected YAML in {path}, got {got}"


def test_a_file_with_forbidden_characters_is_refused(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_bytes(b"name: \x00")
    with pytest.raises(ConfigError) as error:
        read_study(path)
    assert str(error.value).startswith(
        f"Expected YAML in {path}, got an error: unacceptable character #x0000"
    )


def test_a_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_bytes(b"name: \xff\xfe")
    with pytest.raises(ConfigError) as error:
        read_study(path)
    assert str(error.value) == (
        f"Expected text in UTF-8 in {path}, got other bytes from byte 6 on. Save it as UTF-8."
    )


@pytest.mark.parametrize(("text", "kind"), [("- 1", "list"), ("", "NoneType"), ("demo", "str")])
def test_a_file_that_is_no_mapping_is_refused(tmp_path, text, kind):
    path = tmp_path / "study.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        read_study(path)
    assert str(error.value) == (
        f"Expected a mapping of fields in {path}, got {kind}. "
        "Start from a file in the folder `studies`."
    )


def test_a_file_that_is_not_there_is_missed(tmp_path):
    path = tmp_path / "no.yaml"
    with pytest.raises(MissingDataError) as error:
        read_study(path)
    assert str(error.value) == (
        f"Expected a study file at {path}, got nothing there. "
        "Studies that come with cuelens are in the folder `studies`."
    )


SATURATIONS = tuple(f"saturation={level}" for level in (1, 4, 8, 16, 64, 1024))
COMMON = (
    "clean", *SATURATIONS, *(name.replace("saturation", "contrast") for name in SATURATIONS),
    "shuffle=2", "shuffle=4", "shuffle=8", "borders=2", "borders=4", "borders=8",
)  # fmt: skip


def test_the_study_of_the_demo_has_the_papers_levels_and_their_controls():
    plan = demo_plan()
    names = [condition.name for condition in plan.conditions]
    assert names[: len(COMMON)] == list(COMMON)
    assert {"low-pass", "greyscale"} == {each.family for each in plan.conditions[len(COMMON) :]}
    assert [model.name for model in plan.models] == ["standard", "adversarial", "underfit"]
    assert plan.roles == {
        "standard": "standard", "adversarial": "adversarial", "underfit": "underfit",
        "control": None,
    }  # fmt: skip
    assert isinstance(plan.data, CueControlled)


def test_the_small_demo_is_the_demo_with_fewer_images_and_epochs():
    plan, small = demo_plan(), demo_plan(small=True)
    assert small.conditions == plan.conditions
    assert [model.name for model in small.models] == [model.name for model in plan.models]
    assert all(model.recipe.epochs == 1 for model in small.models)
    assert small.data.training < plan.data.training
    assert small.attacks[0].images < plan.attacks[0].images


@pytest.mark.parametrize("path", sorted(STUDIES.glob("*.yaml")), ids=lambda path: path.name)
def test_the_studies_that_come_with_cuelens_can_be_read(path):
    plan = read_study(path)
    assert plan.study.name == path.stem
    families = {condition.family for condition in plan.conditions}
    assert {"clean", "saturation", "shuffle"} <= families


def test_the_study_of_cifar10_has_the_papers_levels_and_attack():
    plan = read_study(STUDIES / "cifar10-quick.yaml")
    names = [condition.name for condition in plan.conditions]
    assert set(names) > set(COMMON)
    assert plan.data == Cifar10(validation=5000)
    paper = next(attack for attack in plan.attacks if attack.name == "pgd-40-paper")
    assert paper.attack.step == 2 / 255
    assert paper.attack.steps == 40
    assert not paper.attack.random_start


def test_the_study_of_cifar10_runs_every_condition_with_its_control():
    plan = read_study(STUDIES / "cifar10-quick.yaml")
    levels: dict[str, list[float | None]] = {}
    for condition in plan.conditions:
        levels.setdefault(condition.family, []).append(condition.level)
        expected = FAMILIES[condition.family].transform
        assert isinstance(condition.transform, expected)
    taken = [family for family in levels if FAMILIES[family].cue != "none"]
    assert {FAMILIES[family].cue for family in taken} == {"texture", "shape", "frequency", "colour"}
    for family in taken:
        assert levels[FAMILIES[family].control] == levels[family]
    (claim,) = [claim for claim in PAPER_CLAIMS if claim.against]
    assert {claim.family, claim.against} <= set(levels)


def test_a_plan_survives_being_written_as_json(tiny_content):
    plan = plan_of(tiny_content, where="study.yaml")
    written = json.dumps(plan.study.model_dump(mode="json", exclude_unset=True))
    assert plan_of(json.loads(written), where="study.json") == plan


NEITHER = (
    "Expected either `attack`, or `suite` with its `ball`, got {}. Write "
    "`attack: {{PGD: {{...}}}}`, or `suite: strong` and `ball: {{Linf: {{radius: 8/255}}}}`."
)
LINF = {"Linf": {"radius": "8/255"}}


@pytest.mark.parametrize(
    ("entry", "got"),
    [
        ({}, "none"),
        ({"suite": "quick"}, "suite"),
        ({"ball": LINF, "images": 5}, "ball"),
        ({"attack": {"FGSM": {"ball": LINF}}, "suite": "quick"}, "attack, suite"),
    ],
)
def test_an_attack_is_either_one_attack_or_a_suite_in_a_ball(tiny_content, entry, got):
    message = message_of(changed(tiny_content, "attacks.pgd-2", entry))
    assert message == f"study.yaml: `attacks.pgd-2`: {NEITHER.format(got)}"


@pytest.mark.parametrize(("name", "suite"), [("quick", quick_suite), ("strong", strong_suite)])
def test_a_suite_is_named_with_its_ball(tiny_content, name, suite):
    entry = {"suite": name, "ball": LINF, "images": 5}
    plan = plan_of(changed(tiny_content, "attacks.pgd-2", entry), where="study.yaml")
    assert plan.attacks[0].attack == suite(Linf(radius=8 / 255))
    assert plan.attacks[0].images == 5


def test_a_name_that_is_left_to_last_weights_is_refused(tiny_content):
    tiny_content["models"]["standard-last"] = {}
    with pytest.raises(ConfigError) as caught:
        plan_of(tiny_content, where="study.yaml")
    assert str(caught.value) == (
        "study.yaml: `models` must leave the name 'standard-last' to the last weights of "
        "'standard'. Rename it."
    )


def test_a_recipe_may_be_named(tiny_content):
    tiny_content["models"]["standard"] = {"recipe": {"fgsm": {"radius": "16/255"}, "epochs": 2}}
    plan = plan_of(tiny_content, where="study.yaml")
    assert plan.models[0].recipe == training.fgsm(radius=16 / 255, epochs=2)
