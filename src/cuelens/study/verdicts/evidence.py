"""The records that claims are held against, by role: one row a network, one column an image.

What is missing is answered with a reason in words, not with an error: a study with one part less
still has the others.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from cuelens.errors import RecordError
from cuelens.metrics import area
from cuelens.seeds import SeedValues
from cuelens.statistics import Values
from cuelens.study.outcomes.outcomes import (
    Outcomes,
    Panel,
    require_columns,
    root_mean_square,
    why_not_paired,
)
from cuelens.study.outcomes.subsets import of_same_images

__all__ = ["Evidence", "Kept", "Measured"]

_SALIENCE = (
    "model", "dataset", "family", "draw", "image", "method", "measure", "value", "training_seed",
)  # fmt: skip
_NO_RECORDS = "there are no records"
_MASKED = ("contour_share", "inside_share", "background_share")


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """What the networks of a role get right, clean and under a family of conditions.

    Attributes:
        clean: 1 where the network is right on the clean image, else 0.
        right: Share of levels (and draws) at which it is right; less that under a control, where
            one is subtracted.
        outcomes: The clean ones, on the images that count, to tell whether they pair with others.
        models: Names of the networks, one a row.
        left_out: Those of the role that have no such records, where others have.
    """

    clean: SeedValues
    right: SeedValues
    outcomes: tuple[Outcomes, ...]
    models: tuple[str, ...]
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """A measure of the maps of a role's networks.

    Attributes:
        values: NaN where a network has no map.
        images: Ids, sorted.
        models: Names of the networks, one a row.
        left_out: Those of the role of whose maps nothing was measured, where of others it was.
    """

    values: SeedValues
    images: tuple[str, ...]
    models: tuple[str, ...]
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """The records of a study, seen through the roles of its networks.

    Attributes:
        panel: Outcomes of predictions.
        salience: Records of salience measures.
        roles: Names of the networks that play each role, one a training seed.
        dataset: Name of the data set in the records.

    Raises:
        RecordError: If the records of salience lack columns or are double.
    """

    panel: Panel
    salience: pl.DataFrame
    roles: Mapping[str, tuple[str, ...]]
    dataset: str
    _seeds: dict[str, int | None] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        require_columns("salience", self.salience, _SALIENCE)
        place = ["model", "dataset", "condition", "draw", "image", "method", "measure"]
        twice = self.salience.select(place).is_duplicated()
        if twice.any():
            row = self.salience.filter(twice).row(0, named=True)
            raise RecordError(
                "Each map must have one record a measure, got several of "
                f"{row['measure']} of {row['image']!r} ({row['model']}, {row['condition']}). "
                "Read the parts of one evaluation only."
            )
        self._seeds.update(self.salience.select("model", "training_seed").unique().iter_rows())
        self._seeds.update(self.panel.seeds)

    def seeds(self, models: Sequence[str]) -> int:
        """Return how many training seeds networks have; those of unknown seed count as one."""
        return len({self._seeds.get(model) for model in models})

    def clean_accuracy(self, role: str) -> tuple[float, int] | None:
        """Return a role's accuracy on clean images, mean over its networks, and how many images."""
        found = [self.panel.get(model, self.dataset) for model in self.roles.get(role, ())]
        right = [outcomes.right for outcomes in found if outcomes is not None]
        if not right or len(right) < len(found):
            return None
        return float(np.mean([each.mean() for each in right])), min(len(each) for each in right)

    def kept(
        self, role: str, family: str, levels: Sequence[float], *, against: str = ""
    ) -> Kept | str:
        """Return what a role's networks get right under a family, or why that is not known.

        Args:
            role: Which networks.
            family: Of the conditions.
            levels: Of the family; none for a family without levels, or for its usual one.
            against: Family of the controls, which are subtracted; empty for none.
        """
        if not self.roles.get(role):
            return f"no model has the role {role}"
        clean, right, used, absent = [], [], [], dict[str, str]()
        for model in self.roles[role]:
            untouched = self.panel.get(model, self.dataset)
            if untouched is None:
                return f"{_NO_RECORDS} of {model} on clean images of {self.dataset}"
            found = self._kept(untouched, family, levels, against)
            if isinstance(found, str) and found.startswith(_NO_RECORDS):
                absent[model] = found
                continue
            if isinstance(found, str):
                return found
            untouched, share = found
            clean.append(untouched.right)
            right.append(share)
            used.append(untouched)
        if not used:
            return next(iter(absent.values()))
        for outcomes in used:
            reason = why_not_paired(used[0], outcomes)
            if reason is not None:
                return reason
        return Kept(
            clean=np.stack(clean),
            right=np.stack(right),
            outcomes=tuple(used),
            models=tuple(one.model for one in used),
            left_out=tuple(absent),
        )

    def _kept(
        self, untouched: Outcomes, family: str, levels: Sequence[float], against: str
    ) -> tuple[Outcomes, Values] | str:
        """Return the clean images that count, and the share of levels at which each is right.

        Less that under a control, where there is one; or why it is not known.
        """
        parts: list[list[Outcomes]] = []
        for name in (family, against) if against else (family,):
            found = self._under(untouched.model, name, levels)
            if isinstance(found, str):
                return found + (f": add the conditions {family} and {against}" if against else "")
            parts.append(found)
        untouched, *cut = of_same_images(untouched, *itertools.chain(*parts))
        for outcomes in cut:
            reason = why_not_paired(untouched, outcomes)
            if reason is not None:
                return reason
        if not untouched.right.any():
            return f"{untouched.model} gets no clean image right"
        first = area(np.stack([one.right for one in cut[: len(parts[0])]]))
        if not against:
            return untouched, first
        return untouched, first - area(np.stack([one.right for one in cut[len(parts[0]) :]]))

    def _under(self, model: str, family: str, levels: Sequence[float]) -> list[Outcomes] | str:
        """Return what a network makes of each level, or which of them has no records."""
        wanted = levels or (None,)
        found = {level: self.panel.find(model, self.dataset, family, level) for level in wanted}
        missing = [level for level, outcomes in found.items() if outcomes is None]
        if missing:
            names = ", ".join("" if level is None else f"={level:g}" for level in missing)
            return f"{_NO_RECORDS} of {model} under {family}{names}"
        return [outcomes for outcomes in found.values() if outcomes is not None]

    def changes(self, role: str, family: str, levels: Sequence[float]) -> tuple[float, ...] | None:
        """Return the root-mean-square change of the images at each level; None if unknown."""
        for model in self.roles.get(role, ()):
            found = [
                self.panel.find(model, self.dataset, family, level) for level in levels or (None,)
            ]
            sizes = tuple(root_mean_square(one.change) for one in found if one is not None)
            if len(sizes) == len(found) and np.isfinite(sizes).all():
                return sizes
        return None

    def measured(self, role: str, family: str, method: str, measure: str) -> Measured | str:
        """Return a measure of a role's maps, or why it is not known.

        Args:
            role: Which networks.
            family: Of the condition, such as "clean".
            method: Name of the salience method.
            measure: Name of the measure.
        """
        if not self.roles.get(role):
            return f"no model has the role {role}"
        own = self.salience.filter(
            (pl.col("dataset") == self.dataset)
            & (pl.col("family") == family)
            & (pl.col("method") == method)
            & (pl.col("measure") == measure)
        )
        rows, images, absent = [], None, dict[str, str]()
        for model in self.roles[role]:
            part = own.filter(pl.col("model") == model)
            if part.is_empty():
                why = (
                    "; it needs exact masks, which only rendered images have"
                    if measure in _MASKED
                    else ""
                )
                absent[model] = f"{_NO_RECORDS} of {measure} of {method} maps of {model}{why}"
                continue
            part = part.group_by("image").agg(pl.col("value").mean()).sort("image")
            if images is not None and images != tuple(part["image"].to_list()):
                return f"the maps of the networks with the role {role} are of different images"
            images = tuple(part["image"].to_list())
            rows.append(part["value"].cast(pl.Float64).to_numpy().astype(np.float64))
        if not rows:
            return next(iter(absent.values()))
        return Measured(
            values=np.stack(rows),
            images=images or (),
            models=tuple(name for name in self.roles[role] if name not in absent),
            left_out=tuple(absent),
        )
