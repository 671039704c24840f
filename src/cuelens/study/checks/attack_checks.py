"""Named checks of what attacks found: doubts that stand beside a robust accuracy.

It knows which records speak against an attack that seems to have failed; what was measured of a
model before it was attacked is in `probe_checks`.
"""

import re
from collections.abc import Mapping

import polars as pl

from cuelens.means import difference_of_means
from cuelens.statistics import mcnemar, wilson
from cuelens.study.checks.checks import Check
from cuelens.study.checks.probe_checks import check_probes
from cuelens.study.checks.radius_checks import check_radii
from cuelens.study.outcomes.outcomes import require_columns

__all__ = ["attack_checks", "check_attacks"]

_COLUMNS = (
    "model", "dataset", "condition", "level", "image", "precision", "settings", "clean_right",
    "fooled", "missed", "norm", "broken_by", "points", "losses",
)  # fmt: skip
_RECHECKED = 200
_FLOAT32 = "float32"
"""How the precision of searches begins that leave nothing to check again."""
_SUITE = "Suite("
_MEMBER = re.compile(r"""\((?:'([^']*)'|"([^"]*)"), (\w+)\(""")
"""A name and the kind of its attack, as the settings of a suite show them."""
_FIRST_AIM = re.compile(r"^Targeted\w+\(.*\bsteps=(\d+)")
"""An attack that aims at one class after the other, and in how many steps at each."""
_FEW_TO_RISE = 10
_BEATEN = 0.002
_SURE = 0.05
_CLASSES_OF_DLR = 4


def attack_checks(
    attacks: pl.DataFrame, probes: pl.DataFrame, *, classes: int | None
) -> tuple[Check, ...]:
    """Return every named check of robustness: those of the models, then those of the attacks.

    Args:
        attacks: Records of attacks, suites among them.
        probes: Records of probes of the same models; may have no rows.
        classes: How many classes there are; None where unknown.

    Raises:
        RecordError: If a column is missing.
    """
    require_columns("attacks", attacks, _COLUMNS)
    suites = _suites(attacks)
    whole = attacks.filter(~pl.col("condition").is_in(list(suites)))
    conditions = {str(model): _names(part) for (model,), part in whole.group_by("model")}
    return (
        *check_probes(probes, conditions),
        *check_attacks(attacks),
        *_losses(attacks),
        *check_radii(attacks, suites),
        *_squares(attacks),
        *_targets(whole, classes),
    )


def check_attacks(attacks: pl.DataFrame) -> tuple[Check, ...]:
    """Return `fast-path-misses` for each model and attack.

    The fast path can miss an attack; at least 200 of its survivors (all, if fewer) are to be
    attacked again in float32. A suite in turn attacks all of them again, and says so in the
    records of its first attack.

    Args:
        attacks: Records of attacks.

    Raises:
        RecordError: If a column is missing.
    """
    columns = ("model", "dataset", "condition", "precision", "settings", "fooled", "missed")
    require_columns("attacks", attacks, columns)
    found = []
    for (model, _), part in attacks.group_by("model", "dataset", maintain_order=True):
        fast = part.filter(~pl.col("precision").str.starts_with(_FLOAT32))
        rows = {str(name): own for (name,), own in fast.group_by("condition", maintain_order=True)}
        for name in _told(fast):
            found.append(_misses(str(model), name, rows[name]))
    return tuple(found)


def _told(attacks: pl.DataFrame) -> list[str]:
    """Return the conditions that say themselves what the fast path missed.

    A worst case leaves that to its members, where they were searched on the fast path and had
    survivors; the later members of a suite in turn were searched in float32.
    """
    suites = _suites(attacks)
    checked = set(_names(attacks.filter(pl.col("missed").is_not_null())))
    alone = {name for name, suite in suites.items() if _is_alone(name, suite)}
    telling = {suite for name, suite in suites.items() if name in checked | alone}
    silent = telling | (suites.keys() - checked - alone)
    return [name for name in _names(attacks) if name not in silent]


def _misses(model: str, condition: str, part: pl.DataFrame) -> Check:
    again = part["missed"].drop_nulls()
    missed, rechecked = int(again.sum()), len(again)
    survivors = int((~part["fooled"]).sum()) + missed
    wanted = min(_RECHECKED, survivors)
    start = f"{condition} on {model}: of {survivors:,} survivors of the fast path, "
    if survivors == 0:
        sentence = f"{condition} on {model}: no image survived the fast path, so none was missed."
    elif rechecked == 0:
        sentence = f"{start}none was attacked again in float32, so what it missed is unknown."
    else:
        rate = wilson(missed, rechecked)
        sentence = (
            f"{start}{rechecked:,} were attacked again in float32 and {missed:,} were fooled: it "
            f"misses {100 * rate.value:.1f} % (interval {100 * rate.low:.1f} to "
            f"{100 * rate.high:.1f})."
        )
    if 0 < rechecked < wanted:
        sentence += f" At least {wanted:,} should be."
    if missed and rechecked == survivors:
        sentence += " All were attacked again, so that none is still missed."
    raised = rechecked < wanted or (missed > 0 and rechecked < survivors)
    return Check(
        name="fast-path-misses", raised=raised, sentence=sentence, about=(condition, model)
    )


def _losses(attacks: pl.DataFrame) -> list[Check]:
    """Return `loss-does-not-rise-with-steps` for each attack of several steps.

    An attack that aims at one class after the other is followed while it aims at the first, the
    most probable: each later aim begins anew.
    """
    curves = attacks.filter(pl.col("points").list.len() > 1)
    groups = curves.group_by("model", "dataset", "condition", maintain_order=True)
    return [_rise(str(model), str(name), part) for (model, _, name), part in groups]


def _rise(model: str, condition: str, part: pl.DataFrame) -> Check:
    aimed = _FIRST_AIM.search(part["settings"][0])
    watched = pl.col("points").list
    end = watched.len() if aimed is None else watched.eval(pl.element() < int(aimed[1])).list.sum()
    left = part.filter(~pl.col("fooled")).select(
        first=pl.col("losses").list.first().cast(pl.Float64),
        last=pl.col("losses").list.get(end - 1).cast(pl.Float64),
    )
    left = left.filter(pl.all_horizontal(pl.all().is_finite()))
    n, raised = len(left), False
    steps = part.select(watched.get(end - 1).max()).item()
    towards = "" if aimed is None else " towards the first class aimed at"
    sentence = f"{condition} on {model}: "
    if n < 2:
        sentence += "fewer than two images survive, so there is no loss to follow."
    else:
        first, last = left["first"].to_numpy(), left["last"].to_numpy()
        rise = difference_of_means(last, first).estimate
        rose, fell = int((last > first).sum()), int((last < first).sum())
        unsure = rise.low <= 0 and mcnemar(rose, fell) >= _SURE
        raised = rise.value <= 0 or rose <= fell or (n >= _FEW_TO_RISE and unsure)
        sentence += (
            f"over {n:,} images that survive, the loss goes from {first.mean():.3g} to "
            f"{last.mean():.3g} nats in {steps} steps{towards}, by {rise.value:+.2g} (interval "
            f"{rise.low:+.2g} to {rise.high:+.2g}); it rose for {rose:,} of them"
        )
        sentence += (
            ". A loss that does not rise is no sign of a robust model, but of gradients that are "
            "masked or of steps that do not fit."
            if raised
            else "."
        )
    return Check(
        name="loss-does-not-rise-with-steps",
        raised=raised,
        sentence=sentence,
        about=(condition, model),
        checked=n >= 2,
    )


def _squares(attacks: pl.DataFrame) -> list[Check]:
    """Return `square-beats-gradients` for each suite in which Square follows other attacks."""
    suites = attacks.filter(pl.col("settings").str.starts_with(_SUITE))
    found = []
    for (model, _, name), part in suites.group_by(
        "model", "dataset", "condition", maintain_order=True
    ):
        members = [(one or two, kind) for one, two, kind in _MEMBER.findall(part["settings"][0])]
        kinds = [kind for _, kind in members]
        if "Square" not in kinds or kinds[0] == "Square":
            continue
        own = [member for member, kind in members if kind == "Square"]
        n, broken = len(part), int(part["broken_by"].is_in(own).sum())
        rate = wilson(broken, n)
        raised = rate.value > _BEATEN
        sentence = (
            f"{name} on {model}: of {n:,} images, Square, which needs no gradient, fooled "
            f"{broken:,} that the attacks before it had left right: "
            f"{100 * rate.value:.1f} points of robust accuracy (interval {100 * rate.low:.1f} to "
            f"{100 * rate.high:.1f})"
        )
        sentence += (
            f", more than {100 * _BEATEN:g}: gradients mislead, and more attacks would find more."
            if raised
            else f"; up to {100 * _BEATEN:g} are usual."
        )
        found.append(
            Check(
                name="square-beats-gradients",
                raised=raised,
                sentence=sentence,
                about=(str(name), str(model)),
            )
        )
    return found


def _targets(attacks: pl.DataFrame, classes: int | None) -> list[Check]:
    """Return `targeted-loss-undefined`, if APGD-T was used and the number of classes is known."""
    used = attacks.filter(pl.col("settings").str.contains("TargetedAPGD(", literal=True))
    if classes is None or used.is_empty():
        return []
    few = classes < _CLASSES_OF_DLR
    sentence = f"APGD-T: the targeted DLR loss needs {_CLASSES_OF_DLR} classes, and there are "
    sentence += (
        f"{classes}: undefined here, it fell back to the margin towards the target."
        if few
        else f"{classes:,}."
    )
    about = tuple(
        dict.fromkeys((*_names(used), *map(str, used["model"].unique(maintain_order=True))))
    )
    return [Check(name="targeted-loss-undefined", raised=few, sentence=sentence, about=about)]


def _names(attacks: pl.DataFrame) -> tuple[str, ...]:
    """Return the names of the conditions, in order."""
    return tuple(map(str, attacks["condition"].unique(maintain_order=True)))


def _is_alone(condition: str, suite: str) -> bool:
    return condition.startswith(f"{suite}, ") and condition.endswith(" alone")


def _suites(attacks: pl.DataFrame) -> Mapping[str, str]:
    """Return the suite to which each member's condition belongs, by the names of both."""
    worst = _names(attacks.filter(pl.col("settings").str.starts_with(_SUITE)))
    return {
        condition: suite
        for condition in _names(attacks)
        for suite in worst
        if condition.startswith(f"{suite} after ") or _is_alone(condition, suite)
    }
