"""An audit of models that are there already: pre-flight, study and report, in one folder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import polars as pl

from cuelens.errors import ConfigError
from cuelens.evaluation import Condition, RecordStore
from cuelens.report.of_study import report_study
from cuelens.sources import address_name
from cuelens.study.audit import Extent, audit_content, images_for
from cuelens.study.models.opening import opened_at
from cuelens.study.outcomes.attack_curves import attack_results
from cuelens.study.outcomes.cue_profiles import cue_profile
from cuelens.study.outcomes.outcomes import read_predictions
from cuelens.study.plan.plan import plan_of
from cuelens.study.preflight import Finding, kept_preflight
from cuelens.study.progress import Progress, silent
from cuelens.study.run.run import run_study
from cuelens.study.run_folder.run_folder import claim_folder, read_parts

__all__ = ["Audited", "audit_files"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Audited:
    """What `audit_files` wrote and found.

    Attributes:
        page: The HTML page.
        preflights: What the pre-flight of each model found, by its name.
        profile: Cue reliance, as `cue_profile` gives it.
        attacks: Clean, each attack and the worst case, as `attack_results` gives it.
    """

    page: Path
    preflights: Mapping[str, tuple[Finding, ...]]
    profile: pl.DataFrame
    attacks: pl.DataFrame


def audit_files(
    addresses: Sequence[str],
    data: str,
    *,
    out: Path,
    extent: Extent | None = None,
    conditions: Sequence[Condition] | None = None,
    radius: float | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Audited:
    """Audit models: which cues they rely on, how robust they are, what they look at.

    Stop at any moment and call again: it goes on where it was.

    Args:
        addresses: Of the models, as `opened_at` takes them; all of the same classes. Images are
            read as the first expects them, others resize them themselves.
        data: Of the images, as `OwnImages` takes it.
        out: Folder of report, tables, figures and records.
        extent: How much is measured; the usual one if None.
        conditions: What is done to the images; what suits their size if None.
        radius: Of the attacks, Linf, in units of the pixel range; what suits their size if None.
        seed: Keys chance.
        progress: Told of every stage.

    Raises:
        ConfigError: If models know other classes or are named alike, or the images are of none.
        RunFolderError: If the folder holds another audit.
        ModelError: If a model cannot be opened.
        StorageError: If the disk is full.
    """
    extent = extent or Extent()
    named = _named(addresses)
    first, *_ = named.values()
    images = images_for(data, opened_at(first).classifier, limit=extent.images)
    content = audit_content(
        named, images, extent=extent, conditions=conditions, radius=radius, seed=seed
    )
    plan = plan_of(content, where="the audit")
    claim_folder(out, plan)
    dataset = plan.data.open_test(None, seed=seed)
    preflights = {}
    for name, address in named.items():
        classifier = opened_at(address).classifier
        classifier.name = name
        preflights[name] = kept_preflight(
            classifier,
            dataset,
            folder=out,
            limit=extent.preflight,
            seed=seed,
            progress=lambda done, total, note, name=name: progress(  # type: ignore[misc]
                f"pre-flight {name}", done, total, note
            ),
        )
    page, _ = report_study(
        out, partial(run_study, plan, data_folder=None, out=out, progress=progress)
    )
    store, parts = RecordStore(out / "records"), read_parts(out)
    predictions = read_predictions(store, parts.get("predictions", []))
    controls, attacks = (
        store.read(table, parts.get(table, [])) for table in ("controls", "attacks")
    )
    return Audited(
        page=page,
        preflights=preflights,
        profile=cue_profile(predictions, controls),
        attacks=attack_results(attacks),
    )


def _named(addresses: Sequence[str]) -> dict[str, str]:
    """Return names that files can have, to addresses."""
    found: dict[str, str] = {}
    for address in addresses:
        plain = "".join(c if c.isalnum() or c in "_-.=+ " else "-" for c in address_name(address))
        name = plain.lstrip("-.=+ ") or "model"
        if name in found:
            raise ConfigError(
                f"Models must have different names, got {name!r} twice ({found[name]}, {address}). "
                "Rename one, or describe it in a YAML file with another `name`."
            )
        found[name] = address
    return found
