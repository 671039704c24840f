"""ImageNet's classes from packages that are installed anyway."""

import sys

import pytest

from cuelens.networks import imagenet_classes
from cuelens.networks.imagenet_classes import imagenet_names, imagenet_wordnet_ids


@pytest.fixture
def forgetful():
    """Let the lists be read anew, before and after."""
    caches = (imagenet_names, imagenet_wordnet_ids)
    for cached in caches:
        cached.cache_clear()
    yield
    for cached in caches:
        cached.cache_clear()


def test_the_lists_of_an_installed_package_are_read_without_importing_it(forgetful):
    if not imagenet_wordnet_ids():
        pytest.skip("needs timm installed")
    assert imagenet_wordnet_ids()[0] == "n01440764"
    assert list(imagenet_wordnet_ids()) == sorted(imagenet_wordnet_ids())
    assert imagenet_names()[0] == "tench, Tinca tinca"
    assert len(imagenet_names()) == len(set(imagenet_wordnet_ids())) == 1000
    assert [place for place, name in enumerate(imagenet_names()) if name == "crane"] == [134, 517]


def test_without_any_package_nobody_knows(forgetful, monkeypatch):
    monkeypatch.setattr(imagenet_classes, "find_spec", lambda _: None)
    assert imagenet_wordnet_ids() == ()
    assert imagenet_names() == ()


def test_names_come_from_torchvision_where_timm_is_not_there(forgetful, monkeypatch, tmp_path):
    package = tmp_path / "torchvision"
    (package / "models").mkdir(parents=True)
    (package / "__init__.py").write_text("raise ImportError('not to be imported')")
    names = [f"kind {row}" for row in range(1000)]
    (package / "models" / "_meta.py").write_text(f"_IMAGENET_CATEGORIES = {names!r}\n")
    found = imagenet_classes.find_spec
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "torchvision", raising=False)
    monkeypatch.setattr(
        imagenet_classes, "find_spec", lambda name: None if name == "timm" else found(name)
    )
    assert imagenet_names() == tuple(names)
    assert imagenet_wordnet_ids() == ()
