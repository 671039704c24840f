"""Move finished networks of a study's run to where they come with cuelens.

python scripts/ship_networks.py studies/cifar10.yaml --run runs/cifar10 --data FOLDER

Seed 0 of each recipe goes into the package, further seeds into the repository beside the study. A
network is moved only if its card is what the study's plan asks for, it is in half precision and it
is small; whatever is not is named, with the reason, and the exit code is 1.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from safetensors import safe_open

from cuelens.files import write_atomically
from cuelens.sources import ModelCard, card_page, read_card
from cuelens.study import Plan, read_study
from cuelens.study.images.data import StudyData
from cuelens.study.models.identity import differences, settled
from cuelens.study.plan.model_plan import ModelPlan

_AT_MOST = 1_000_000
"""Bytes of a file."""
_WHOLE = ("I64", "I32")
_PACKAGE = Path("src/cuelens/sources/weights")
_REPOSITORY = Path("studies")


def ship(plan: Plan, data: StudyData, models: Path, root: Path) -> Iterator[tuple[str, str]]:
    """Copy every network that is ready.

    Args:
        plan: The study.
        data: Its images.
        models: Folder of the model files of its run.
        root: Of the checkout.

    Yields:
        A network's name, and what is wrong with it; "" where it was copied or is there already.
    """
    cards = {
        model.name: read_card(_file(models, model.name))
        for model in plan.models
        if _file(models, model.name).is_file()
    }
    for model in plan.models:
        if model.name in cards:
            wrong = _wrong(model, cards, data, _file(models, model.name))
            if not wrong:
                _copy(_file(models, model.name), cards[model.name], root, plan.study.name)
            yield model.name, wrong


def _wrong(plan: ModelPlan, cards: dict[str, ModelCard], data: StudyData, file: Path) -> str:
    """Return why a network cannot be shipped, or nothing."""
    if plan.waits_for is not None and plan.waits_for not in cards:
        return f"{plan.waits_for} is not there, which it was made to match"
    card = cards[plan.name]
    wanted = settled(
        plan,
        None if plan.waits_for is None else cards[plan.waits_for],
        cutoff=card.specification.low_pass,
        validation_images=len(data.validation),
    )
    other = differences(card, wanted, data)
    if other or "data_fingerprint" not in card.training:
        return f"its card has another {', another '.join(other) or 'data'} than the study"
    if plan.name != f"{plan.name.rpartition('-')[0]}-{plan.seed}":
        return f"its name does not end in its seed, -{plan.seed}"
    size = file.stat().st_size
    if size > _AT_MOST:
        return f"it has {size:,} bytes, more than {_AT_MOST:,}"
    with safe_open(file, framework="np") as tensors:
        kinds = {tensors.get_slice(name).get_dtype() for name in tensors.keys()}  # noqa: SIM118
    whole = sorted(kinds - {"F16", *_WHOLE})
    return f"it is not in half precision, but has {', '.join(whole)}" if whole else ""


def _copy(file: Path, card: ModelCard, root: Path, study: str) -> None:
    place = root / (_REPOSITORY if card.training_seed else _PACKAGE) / study / file.name
    if not place.is_file() or place.read_bytes() != file.read_bytes():
        write_atomically(place.with_suffix(".md"), card_page(card, file=file))
        write_atomically(place, file.read_bytes())


def _file(models: Path, name: str) -> Path:
    return models / f"{name}.safetensors"


def main() -> int:
    """Do it, and tell of each network."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", type=Path)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=None)
    given = parser.parse_args()
    plan = read_study(given.study)
    data = plan.data.open(given.data, seed=plan.study.seed)
    root = Path(__file__).parents[1]
    bad = 0
    for name, wrong in ship(plan, data, given.run / "models", root):
        print(f"{name}: {wrong or 'shipped'}")
        bad += bool(wrong)
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
