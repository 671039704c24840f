"""What the pages of docs/ show works as it is written there."""

import pytest
import torch
from tests.pages import DOCS, programs_of, run_program

from cuelens import Chance, Classifier, CueControlled, small_resnet

PAGES = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))


@pytest.fixture
def given(tiny_run, tmp_path):
    """Return what the pages' programs speak of without making it."""
    torch.manual_seed(0)
    network = small_resnet(10)
    names = tuple(f"class {label}" for label in range(10))
    ids = ("a", "b", "c")
    return {
        "network": network,
        "class_names": names,
        "classifier": Classifier(network.eval(), class_names=names),
        "images": torch.rand(3, 3, 32, 32),
        "labels": torch.tensor([0, 2, 5]),
        "ids": ids,
        "chance": Chance(0, ids),
        "dataset": CueControlled(count=4, split="test"),
        "folder": tmp_path,
        "run": tiny_run,
        "model_file": tiny_run / "models" / "standard.safetensors",
    }


@pytest.mark.parametrize(
    "page", [page for page in PAGES if programs_of(page) and not page.startswith("extend/")]
)
def test_the_programs_of_a_page_run(page, given):
    run_program("\n\n".join(programs_of(page)), page, given)
