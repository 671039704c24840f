"""What comes once is kept until it is read."""

import pytest

from cuelens.datasets.spool import Spool
from cuelens.errors import StorageError


def test_what_was_added_first_under_a_name_is_read():
    spool = Spool()
    for name, content in (("a", b"one"), ("b", b""), ("a", b"two"), ("c", b"three")):
        spool.add(name, content)
    assert [spool.read(name) for name in "cab"] == [b"three", b"one", b""]
    assert len(spool) == 3


def test_a_full_disk_is_said(small_disk, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(small_disk))
    spool = Spool()
    with pytest.raises(StorageError, match=r"Free some, or name another folder by TMPDIR\."):
        spool.add("a", b"x" * 100_000)
