"""What the pages of docs/ show works as it is written there."""

import re

import pytest
import torch
import yaml
from tests.pages import DOCS, programs_of, run_program

from cuelens import Chance, Classifier, CueControlled, small_resnet
from cuelens.study.plan.plan import plan_of

PAGES = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))


@pytest.fixture
def given(tiny_run, tmp_path, monkeypatch):
    """Return what the pages' programs speak of without making it, beside the folder of a demo."""
    (tmp_path / "cuelens-demo").symlink_to(tiny_run)
    monkeypatch.chdir(tmp_path)
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


def test_the_study_file_of_its_page_is_one():
    text = (DOCS / "use" / "study.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```yaml\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    plan = plan_of(yaml.safe_load(block), where="mine.yaml")
    assert [claim.name for claim in plan.claims] == ["saturation-beyond-contrast"]
    assert len(plan.conditions) == 1 + 3 + 3 + 2 + 2
    assert list(plan.players("underfit")) == ["stopped"]
