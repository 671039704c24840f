"""Places that hold files in folders, here and elsewhere."""

import os
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from cuelens.datasets.roots import Entry, root_at
from cuelens.errors import ConfigError, MissingDataError

fsspec = pytest.importorskip("fsspec")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of two folders and a file, with names that are hard to write."""
    place = tmp_path / "photos of mine"
    for name in ("b", "ä ö"):
        (place / name).mkdir(parents=True)
        (place / name / "1.png").write_bytes(name.encode())
    (place / "notes.txt").write_text("x")
    (place / ".hidden").write_text("x")
    return place


def in_memory(folder: Path) -> str:
    system = fsspec.filesystem("memory")
    system.store.clear()
    system.pseudo_dirs[:] = [""]
    system.put(str(folder), "/kept", recursive=True)
    return "memory://kept"


def zipped(folder: Path) -> str:
    path = folder.with_name("photos.zip")
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(folder))
    return str(path)


class Silent(SimpleHTTPRequestHandler):
    """Serves a folder, and does not tell of it."""

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def served(folder: Path) -> Iterator[str]:
    """Serve the folder, and return its URL."""
    pytest.importorskip("aiohttp", reason="fsspec needs it for URLs")
    (folder / ".hidden").unlink()
    handler = partial(Silent, directory=str(folder.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/{folder.name}"
        server.shutdown()


ADDRESSES = {
    "here": str,
    "file": lambda folder: f"file://{folder}",
    "memory": in_memory,
    "zip": zipped,
}


@pytest.mark.parametrize("kind", ADDRESSES)
def test_every_place_is_listed_and_read_alike(folder, kind):
    require_alike(ADDRESSES[kind](folder))


def test_a_server_is_listed_and_read_as_a_folder_is(served):
    require_alike(served)


def test_links_that_sort_a_servers_list_are_no_files(served, folder):
    links = "".join(f'<a href="{to}">{to}</a>' for to in ("?C=S;O=A", "../", "b/", "1%3F.png"))
    (folder / "index.html").write_text(links)
    assert list(root_at(served).entries()) == [
        Entry(name="1?.png", is_folder=False),
        Entry(name="b", is_folder=True),
    ]


def require_alike(address: str) -> None:
    root = root_at(address)
    assert list(root.entries()) == [
        Entry(name="b", is_folder=True),
        Entry(name="notes.txt", is_folder=False),
        Entry(name="ä ö", is_folder=True),
    ]
    assert list(root.entries("ä ö")) == [Entry(name="1.png", is_folder=False)]
    assert root.read("ä ö/1.png") == "ä ö".encode()
    assert root.inside("b").read("1.png") == b"b"
    assert root.has("b/1.png")
    assert root.has("b")
    assert not root.has("b/2.png")
    assert root.address == address
    with pytest.raises(OSError, match=r"2\.png"):
        root.read("b/2.png")


def test_damage_in_an_archive_is_an_error_of_reading(folder):
    path = Path(zipped(folder))
    content = bytearray(path.read_bytes())
    name = "ä ö/1.png".encode()
    content[content.index(name) + len(name)] ^= 1
    path.write_bytes(bytes(content))
    root = root_at(str(path))
    with pytest.raises(OSError, match="Bad CRC-32"):
        root.read("ä ö/1.png")


def test_links_are_followed_and_circles_are_files_that_cannot_be_read(folder):
    (folder / "again").symlink_to(folder / "b")
    (folder / "circle").symlink_to(folder / "circle")
    entries = {entry.name: entry.is_folder for entry in root_at(str(folder)).entries()}
    assert entries["again"] is True
    assert entries["circle"] is False


def test_names_that_are_no_unicode_are_shown_and_marked(folder):
    (Path(os.fsdecode(os.fsencode(folder / "b") + b"/\xff.png"))).write_bytes(b"")
    assert list(root_at(str(folder)).entries("b"))[1] == Entry(
        name="\\xff.png", is_folder=False, is_named=False
    )


@pytest.mark.parametrize(
    ("address", "kind", "message"),
    [
        (
            "/nowhere/here",
            MissingDataError,
            "Expected a folder of images at `/nowhere/here`, but there is none. Correct `--data`.",
        ),
        (
            "memory://nowhere",
            MissingDataError,
            (
                "Expected a folder of images at `memory://nowhere`, but there is none. Correct "
                "`--data`."
            ),
        ),
        (
            "odd://bucket",
            ConfigError,
            (
                "`odd://bucket` must be a URL that fsspec can open, got: Protocol not known: odd. "
                "Install what it names, or correct the address."
            ),
        ),
    ],
)
def test_nothing_there_is_said(address, kind, message):
    with pytest.raises(kind) as error:
        root_at(address)
    assert str(error.value) == message
