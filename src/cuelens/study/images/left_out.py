"""Files of folders that were left out, each named with its reason."""

from collections.abc import Iterable
from pathlib import Path

from cuelens import datasets
from cuelens.evaluation import Condition
from cuelens.study.progress import warn_of

__all__ = ["warn_of_problems", "warn_of_styles"]


def warn_of_styles(conditions: Iterable[Condition]) -> None:
    """Warn of files in folders of style pictures that were left out."""
    styles = (getattr(condition.transform, "styles", None) for condition in conditions)
    for folder in dict.fromkeys(one for one in styles if isinstance(one, datasets.StyleFolder)):
        warn_of_problems(folder)


def warn_of_problems(
    images: datasets.ImageFolder | datasets.CueConflictFolder | datasets.StyleFolder,
) -> None:
    """Warn of each file of a folder that was left out, with the reason."""
    warn_of(
        f"`{Path(images.folder) / problem.path}` was left out: {problem.reason}."
        for problem in images.problems
    )
