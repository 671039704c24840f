"""What a study file may say: its fields, their types and defaults."""

from pydantic import Field

from cuelens import attacks, salience, transforms
from cuelens.study.data import DATA
from cuelens.study.schema import Form, choice, exported, form_of
from cuelens.training import Recipe

__all__ = ["AttackEntry", "ModelEntry", "RolesEntry", "SalienceEntry", "Study"]

_DataForm = choice("Data", DATA)
_TransformForm = choice("Transform", exported(transforms, transforms.Transform), levels=True)
_AttackForm = choice("Attack", exported(attacks, attacks.Attack))
_SalienceForm = choice("Salience", exported(salience, salience.Salience))


class ModelEntry(Form):
    """A network to train.

    Attributes:
        network: Name of an architecture.
        recipe: How to train it.
        seed: The training seed; the study's seed if omitted.
        as_accurate_as: Train only until the validation accuracy of this other model is reached:
            the underfit control.
    """

    network: str = "small-resnet"
    recipe: form_of(Recipe) = Field(default_factory=form_of(Recipe))  # type: ignore[valid-type]
    seed: int | None = Field(default=None, ge=0)
    as_accurate_as: str | None = None


class AttackEntry(Form):
    """An attack and on how many images: None for all."""

    attack: _AttackForm  # type: ignore[valid-type]
    images: int | None = Field(default=None, ge=1)


class SalienceEntry(Form):
    """Which maps are measured and drawn, on how many images, under which conditions."""

    methods: dict[str, _SalienceForm] = Field(default_factory=dict)  # type: ignore[valid-type]
    images: int = Field(default=500, ge=1)
    strips: int = Field(default=6, ge=0)
    conditions: list[str] = Field(default_factory=lambda: ["clean"])


class RolesEntry(Form):
    """Which models the claims compare."""

    standard: str = "standard"
    adversarial: str = "adversarial"
    underfit: str | None = None


class Study(Form):
    """A study file.

    Attributes:
        name: Short, for files and titles.
        title: A line for the report.
        seed: Draw seed of every condition, and training seed of every model that states none.
        data: Where the images come from.
        models: By name, in the order of the report.
        conditions: By family; a setting that is a list makes one condition for each of its values.
        attacks: By name.
        salience: Maps to measure and to draw.
        roles: Which models the claims compare.
    """

    name: str = Field(min_length=1)
    title: str = ""
    seed: int = Field(default=0, ge=0)
    data: _DataForm  # type: ignore[valid-type]
    models: dict[str, ModelEntry] = Field(min_length=1)
    conditions: dict[str, _TransformForm] = Field(default_factory=dict)  # type: ignore[valid-type]
    attacks: dict[str, AttackEntry] = Field(default_factory=dict)
    salience: SalienceEntry = Field(default_factory=SalienceEntry)
    roles: RolesEntry = Field(default_factory=RolesEntry)
