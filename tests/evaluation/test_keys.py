"""A part's key names everything that determines it, in every process the same."""

import functools
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from cuelens.balls import Linf
from cuelens.errors import ConfigError
from cuelens.evaluation import identity_of, key_of


@dataclass(frozen=True)
class Method:
    version: ClassVar[int] = 3
    radius: float


@dataclass(frozen=True)
class Pictures:
    folder: str

    @property
    def fingerprint(self):
        return Path(self.folder).read_text()


@dataclass(frozen=True)
class Painted:
    styles: Pictures | None
    inner: object = None


def measure(maps, power=1):
    return maps**power


def test_the_key_is_the_same_in_every_process():
    key = key_of(weights="abc", level=0.1, rows=[1, 2], seed=None)
    program = (
        "from cuelens.evaluation import key_of\n"
        "print(key_of(seed=None, rows=[1, 2], level=0.1, weights='abc'))"
    )
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert other.stdout.decode().strip() == key
    assert len(key) == 32


@pytest.mark.parametrize("change", [{"seed": 1}, {"rows": [0, 1]}, {"more": None}])
def test_any_other_determinant_gives_another_key(change):
    settings = {"seed": 0, "rows": [1, 0]}
    assert key_of(**settings) != key_of(**(settings | change))


def test_the_version_of_the_tables_is_in_every_key(monkeypatch):
    before = key_of(seed=0)
    monkeypatch.setattr("cuelens.evaluation.keys.SCHEMA_VERSION", 99)
    assert key_of(seed=0) != before


def test_what_cannot_be_written_in_one_way_only_is_refused():
    with pytest.raises(ConfigError) as caught:
        key_of(level=float("nan"))
    assert str(caught.value) == (
        "What determines a record must be text, finite numbers, lists or dictionaries of them, "
        "got: Out of range float values are not JSON compliant. "
        "Give `identity_of(method)` instead of a method."
    )


def test_a_method_is_named_by_module_settings_and_version():
    assert identity_of(Linf(radius=0.5)) == "cuelens.balls.Linf Linf(radius=0.5) v0"
    assert identity_of(Method(0.1)) == f"{__name__}.Method Method(radius=0.1) v3"
    assert identity_of(Method(0.1)) != identity_of(Method(0.2))


def test_a_setting_that_has_a_fingerprint_is_named_by_it_however_deep_it_lies(tmp_path):
    path = tmp_path / "styles"
    path.write_text("abc")
    painted = Painted(Pictures(str(path)), inner=Painted(None, inner=Pictures(str(path))))
    name = f"{__name__}.Painted {painted!r} v0"
    assert identity_of(painted) == f"{name} styles=abc inner.inner=abc"
    path.write_text("def")  # another content at the same path
    assert identity_of(painted) == f"{name} styles=def inner.inner=def"
    several = Painted(None, inner=(Pictures(str(path)), Painted(Pictures(str(path)))))
    name = f"{__name__}.Painted {several!r} v0"
    assert identity_of(several) == f"{name} inner=def inner.styles=def"


def test_a_setting_that_is_a_method_is_named_by_its_version():
    painted = Painted(None, inner=Method(0.5))
    assert identity_of(painted) == f"{__name__}.Painted {painted!r} v0 inner v3"


def test_a_function_is_named_by_its_place_and_a_partial_by_its_arguments_too():
    assert identity_of(measure) == f"{__name__}.measure v0"
    cube = functools.partial(measure, power=3)
    assert identity_of(cube) == f"{__name__}.measure v0((), [('power', 3)])"


def test_what_has_no_lasting_name_is_refused():
    class Hidden:
        def __repr__(self):
            return "<Hidden object at 0x7f>"

    with pytest.raises(ConfigError) as caught:
        identity_of(Hidden())
    assert str(caught.value) == (
        "A method must show its settings in its `repr`, got <Hidden object at 0x7f>. "
        "Make it a frozen dataclass, or a function defined in a module."
    )
    with pytest.raises(ConfigError, match="must show its settings"):
        identity_of(lambda maps: maps)
