"""What the README shows works as it is written there."""

import re
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from cuelens.cli.app import app
from cuelens.networks import small_resnet

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_the_example_of_an_own_model_runs(capsys):
    (program,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    torch.manual_seed(0)
    given = {
        "network": small_resnet(3),
        "class_names": ("bear", "bird", "boat"),
        "images": torch.rand(2, 3, 32, 32),
        "labels": torch.tensor([0, 2]),
        "ids": ("a", "b"),
    }
    exec(compile(program, "README.md", "exec"), given)  # noqa: S102 - our own README
    printed = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in printed] == [*given["versions"]]
    assert given["maps"].shape == (2, 3, 32, 32)


@pytest.mark.parametrize("command", sorted(set(re.findall(r"`cuelens ([a-z]+)\b", README))))
def test_every_verb_that_it_names_has_a_help_with_an_example(command):
    result = CliRunner().invoke(app, [command, "--help"])
    assert result.exit_code == 0
    if command != "study":
        assert "Example" in result.output


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\(((?!https?:)[^)]+)\)", README))))
def test_every_file_that_it_links_is_there(path):
    assert (ROOT / path).is_file()


def test_every_folder_of_the_tree_is_there():
    tree = README.partition("## Where things are")[2]
    folders = re.findall(r"[├└]── (\w+)/", tree)
    found = {path.parent.name for path in (ROOT / "src" / "cuelens").glob("*/__init__.py")}
    assert set(folders) == found
