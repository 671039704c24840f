"""What a study file may say: its fields, their types and defaults."""

from enum import StrEnum
from typing import Any

from pydantic import Field

from cuelens import attacks, balls, salience, transforms
from cuelens.study.images.own_images import OwnImages
from cuelens.study.plan.data_words import DATA
from cuelens.study.plan.recipe_form import RecipeForm
from cuelens.study.plan.schema import Form, Number, choice, exported, extended, one_or_several
from cuelens.study.plan.stated_claims import ClaimsField

__all__ = [
    "AttackEntry",
    "ConflictEntry",
    "ExplainedName",
    "KeptName",
    "ModelEntry",
    "RolesEntry",
    "SalienceEntry",
    "Study",
    "SuiteName",
]

_DataForm = choice("Data", (*DATA, OwnImages))
_TRANSFORMS = exported(transforms, transforms.Transform, transforms.MaskTransform)
_ConditionForm = extended(
    choice("Transform", _TRANSFORMS, levels=True),
    "ConditionEntry",
    images=(
        int | None,
        Field(default=None, ge=1, description="How many test images, drawn by chance; None: all."),
    ),
    models=(list[str] | None, Field(default=None, description="Of which models; None: all.")),
)
"""A transform with its settings, and beside it what the condition is limited to."""
_AttackForm = choice("Attack", exported(attacks, attacks.Attack))
_BallForm = choice("Ball", exported(balls, balls.Ball))
_SalienceForm = choice("Salience", exported(salience, salience.Salience))


class KeptName(StrEnum):
    """Which weights of a training are kept."""

    best = "best"
    epochs = "epochs"


class ModelEntry(Form):
    """A network to train, or one that is there already.

    Attributes:
        source: Address of a model that is there already; of what follows nothing is stated then
            but `arch`, `classes` and `preprocessing`.
        arch: Network of a `source` that is a file of weights, such as `cifar-resnet20`.
        classes: Class names of a `source` in the order of its outputs: a list, a file with one a
            line, or `cifar10` or `imagenet`.
        preprocessing: What a `source` does to images, in place of what it says itself: settings, a
            preset such as `imagenet`, or a file.
        network: Name of an architecture.
        recipe: How to train it: a recipe by name with its arguments, `trades: {radius: 8/255}`,
            settings, `epochs: 6`, or both.
        seed: The training seed; the study's seed if omitted.
        as_accurate_as: Another model, whose validation accuracy this one is to have. Behind a
            low-pass filter its cutoff is chosen so; else training stops where it is reached: the
            underfit control.
        cutoff_of: Another model behind a low-pass filter, whose cutoff was chosen by its own
            `as_accurate_as`: this one is trained behind the same. A recipe is one cutoff; what
            differs between its networks is the training seed.
        half: Whether the model file is written in half precision.
        keep: Which weights are kept: those of the best and of the last epoch, or those of each
            epoch too (in half precision), which `cuelens trace` reads.
    """

    source: str | None = Field(default=None, min_length=1)
    arch: str | None = None
    classes: str | list[str] | None = None
    preprocessing: str | dict[str, Any] | None = None
    network: str = "small-resnet"
    recipe: RecipeForm = Field(default_factory=RecipeForm)  # type: ignore[valid-type]
    seed: int | None = Field(default=None, ge=0)
    as_accurate_as: str | None = None
    cutoff_of: str | None = None
    half: bool = False
    keep: KeptName = KeptName.best


class SuiteName(StrEnum):
    """Suites by name: see `quick_suite` and `strong_suite`."""

    quick = "quick"
    strong = "strong"


class AttackEntry(Form):
    """An attack, or a suite of attacks in a ball, and on how many images.

    Attributes:
        attack: One attack with its settings. Leave it out where `suite` is given.
        suite: Several attacks, of which the worst counts.
        ball: Of the suite.
        images: How many test images, drawn by chance; None for all.
    """

    attack: _AttackForm | None = None  # type: ignore[valid-type]
    suite: SuiteName | None = None
    ball: _BallForm | None = None  # type: ignore[valid-type]
    images: int | None = Field(default=None, ge=1)


class ExplainedName(StrEnum):
    """Classes that maps can explain in a study."""

    true = "true"
    predicted = "predicted"


class SalienceEntry(Form):
    """Which maps are measured and drawn, on how many images, under which conditions.

    Attributes:
        methods: By name.
        models: Of which models; None for all.
        images: On how many images maps are measured.
        strips: On how many images they are drawn.
        conditions: Names of this study's conditions and attacks.
        explained: The class that maps explain: the true one, or the one that each model predicts
            on the unchanged image.
        tested: On how many of the images the model is asked again: what its maps are worth when
            pixels are deleted and inserted, under noise and conditions and with random weights,
            and how far models agree. 0: none.
        steps: In how many steps pixels are deleted and inserted.
        noise: Standard deviation of the noise, in units of the pixel range.
        depths: At how many layers the weights are drawn by chance.
    """

    methods: dict[str, _SalienceForm] = Field(default_factory=dict)  # type: ignore[valid-type]
    models: list[str] | None = None
    images: int = Field(default=500, ge=1)
    strips: int = Field(default=6, ge=0)
    conditions: list[str] = Field(default_factory=lambda: ["clean"])
    explained: ExplainedName = ExplainedName.true
    tested: int = Field(default=100, ge=0)
    steps: int = Field(default=32, ge=1)
    noise: Number = Field(default=0.05, gt=0, le=1)
    depths: int = Field(default=4, ge=1)


class ConflictEntry(Form):
    """The answers to images whose cues are in conflict.

    Attributes:
        models: Of which models; None for all.
    """

    models: list[str] | None = None


_Players = one_or_several(str)


class RolesEntry(Form):
    """Which models the claims compare; several of one recipe, with a training seed each, as a list.

    Attributes:
        standard: Trained without attacks.
        adversarial: Trained against attacks.
        underfit: A standard one that is as accurate as the adversarial one.
        control: The rival explanation, such as a standard one behind a low-pass filter.
    """

    standard: _Players = "standard"  # type: ignore[valid-type]
    adversarial: _Players = "adversarial"  # type: ignore[valid-type]
    underfit: _Players | None = None  # type: ignore[valid-type]
    control: _Players | None = None  # type: ignore[valid-type]


class Study(Form):
    """A study file.

    Attributes:
        name: Short, for files and titles.
        title: A line for the report.
        seed: Draw seed of every condition, and training seed of every model that states none.
        data: Where the images come from.
        models: By name, in the order of the report.
        imported: Names of models whose answers `cuelens import` brings; they may have roles.
        conditions: By family; a setting that is a list makes one condition for each of its values.
            `images` and `models` beside it: on how many images, and of which models, it is run.
        conflict: What is asked about images whose cues are in conflict, where `data` has such.
        attacks: By name.
        salience: Maps to measure and to draw.
        roles: Which models the claims compare.
        claims: What the study is to decide: "paper", or a list of claims, fixed before it runs;
            "none" for a study that only describes.
    """

    name: str = Field(min_length=1)
    title: str = ""
    seed: int = Field(default=0, ge=0)
    data: _DataForm  # type: ignore[valid-type]
    models: dict[str, ModelEntry] = Field(min_length=1)
    imported: list[str] = Field(default_factory=list)
    conditions: dict[str, _ConditionForm] = Field(default_factory=dict)  # type: ignore[valid-type]
    conflict: ConflictEntry = Field(default_factory=ConflictEntry)
    attacks: dict[str, AttackEntry] = Field(default_factory=dict)
    salience: SalienceEntry = Field(default_factory=SalienceEntry)
    roles: RolesEntry = Field(default_factory=RolesEntry)
    claims: ClaimsField = "paper"
