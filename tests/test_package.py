"""The package's front door: every export resolves, none is imported before it is used."""

import importlib
import pkgutil
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import cuelens
from cuelens import report, study

ROOT = Path(__file__).parents[1]
HEAVY = ("torch", "numpy", "scipy", "polars", "altair", "pydantic", "rich", "PIL")


def loaded_after(program: str) -> set[str]:
    """Return the modules that a fresh interpreter has loaded after a program."""
    show = f"{program}\nimport sys\nprint('\\n'.join(sys.modules), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", show], check=True, capture_output=True, text=True, timeout=60
    )
    return set(done.stderr.split())


@pytest.mark.parametrize("name", cuelens.__all__)
def test_every_export_is_the_object_of_its_own_module(name):
    value = getattr(cuelens, name)
    if name != "__version__":
        assert getattr(importlib.import_module(value.__module__), name) is value


def test_every_export_is_listed_once_with_its_module():
    assert len(cuelens.__all__) == len(set(cuelens.__all__))
    assert set(cuelens._HOME) == set(cuelens.__all__) - {"__version__"}
    assert dir(cuelens) == sorted(cuelens.__all__)


def test_every_export_is_known_to_type_checkers():
    source = Path(cuelens.__file__).read_text().partition("__all__")[0]
    for name in cuelens._HOME:
        assert re.search(rf"import .*\b{name}\b|^        {name},$", source, re.MULTILINE), name


@pytest.mark.parametrize("package", [cuelens, report, study])
def test_no_export_has_the_name_of_a_module(package):
    """Whoever imports the module first would find it in the place of the export."""
    modules = {one.name for one in pkgutil.iter_modules(package.__path__)}
    assert not modules & set(package._HOME)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError) as caught:
        cuelens.Cueless  # noqa: B018 - looking it up is the test
    assert str(caught.value) == "module 'cuelens' has no attribute 'Cueless'"


def test_importing_the_package_imports_nothing_heavy():
    assert not loaded_after("import cuelens").intersection(HEAVY)


def test_the_help_of_the_command_line_computes_nothing():
    program = "import sys\nfrom cuelens.cli.app import app\nsys.argv = ['cuelens', '--help']\n"
    program += "try:\n    app()\nexcept SystemExit:\n    pass"
    loaded = loaded_after(program)
    assert "cuelens.cli.app" in loaded
    assert not loaded.intersection({"torch", "numpy", "scipy", "polars", "altair"})


def test_running_a_study_imports_no_charts_until_a_report_is_written():
    loaded = loaded_after("from cuelens.report import report_study\nimport cuelens.study")
    assert "cuelens.report.of_study" in loaded
    assert not loaded.intersection({"altair", "vl_convert", "jinja2", "cuelens.report.of_run"})


def test_python_dash_m_is_the_command_line():
    done = subprocess.run(
        [sys.executable, "-m", "cuelens", "--help"],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "cuelens" in done.stdout


@pytest.mark.parametrize(
    "folder",
    sorted(path.parent.name for path in Path(cuelens.__file__).parent.glob("*/__init__.py")),
)
def test_every_name_that_a_folder_exports_is_there(folder):
    module = importlib.import_module(f"cuelens.{folder}")
    exported = getattr(module, "__all__", [])
    assert len(exported) == len(set(exported))
    assert all(hasattr(module, name) for name in exported)


def test_every_dependency_is_pinned():
    pins = dict(
        line.lower().split("==")
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if not line.startswith("#")
    )
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = project["dependencies"] + [each for extra in extras.values() for each in extra]
    names = {re.split(r"[<>=!~ ]", requirement)[0].lower() for requirement in wanted}
    own = {name for name in names if name.startswith("cuelens[")}
    assert own <= {f"cuelens[{extra}]" for extra in extras}
    assert not names - own - set(pins)
    assert pins["torch"] == "2.13.0"
    assert not any("nvidia" in name or "cuda" in name for name in pins)


def test_the_version_is_the_same_everywhere():
    citation = (ROOT / "CITATION.cff").read_text()
    changes = (ROOT / "CHANGELOG.md").read_text()
    assert f"\nversion: {cuelens.__version__}\n" in citation
    assert f"\n## [{cuelens.__version__}]" in changes
