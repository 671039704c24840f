"""Networks that come with cuelens, in a study in the place of training them again.

It knows files and what they say; how a network is trained, it does not know.
"""

from collections.abc import Iterable
from pathlib import Path

from cuelens.files import write_atomically
from cuelens.sources import read_card, shipped_file
from cuelens.study.images.data import StudyData
from cuelens.study.models.identity import differences
from cuelens.study.plan.model_plan import ModelPlan
from cuelens.study.progress import LOGGER

__all__ = ["copy_shipped", "forget_shipped", "shipped_for"]


def shipped_for(plan: ModelPlan, study: str | None) -> Path | None:
    """Return the file of a network that comes with cuelens under a study's and a model's name.

    Args:
        plan: Of the network.
        study: The study's name; None: nothing is shipped.

    Returns:
        None where there is none, or the study does not ask for half precision, which all are in,
        or asks for the weights of each epoch.
    """
    if study is None or not plan.half or plan.keep_epochs:
        return None
    return shipped_file(study, plan.name)


def copy_shipped(path: Path, plan: ModelPlan, data: StudyData, *, shipped: Path) -> bool:
    """Copy a network and its page, if it is what a plan asks for; else say so.

    Args:
        path: The model file that is not there yet.
        plan: What it is to be, its cutoff and the accuracy to stop at known.
        data: What it is to be trained on.
        shipped: From `shipped_for`.

    Returns:
        Whether it was copied.
    """
    other = differences(read_card(shipped), plan, data)
    if other:
        LOGGER.warning(
            "%s comes with cuelens with another %s than the study's. It is trained anew.",
            plan.name,
            ", another ".join(other),
        )
        return False
    page = shipped.with_suffix(".md")
    if page.is_file():
        write_atomically(path.with_suffix(".md"), page.read_text(encoding="utf-8"))
    write_atomically(path, shipped.read_bytes())
    return True


def forget_shipped(folder: Path, plans: Iterable[ModelPlan], *, study: str) -> None:
    """Remove the networks that a run took from those that come with cuelens.

    What the run trained itself stays, even if it came to be the same.

    Args:
        folder: Of the run.
        plans: Its networks.
        study: The study's name.
    """
    for plan in plans:
        path, shipped = folder / "models" / f"{plan.name}.safetensors", shipped_for(plan, study)
        trained = folder / "training" / plan.name
        if shipped is None or trained.exists() or not path.is_file():
            continue
        if path.read_bytes() == shipped.read_bytes():
            path.unlink()
