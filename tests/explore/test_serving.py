"""The served page, asked without a browser: what it answers, and what it survives."""

import base64
import io
import json
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from bench.explorer_client import ExplorerClient
from cuelens.errors import ConfigError
from cuelens.explore import Picture, Subjects, serve
from cuelens.explore.serving import Explored
from cuelens.randomness import keyed_generator

pytest.importorskip("gradio")

REST = (1, 1, 0, 100, 0, 0, 1)


@pytest.fixture
def served(subjects: Subjects, picture: Picture) -> Iterator[Explored]:
    with serve(subjects, (picture,)) as one:
        yield one


def test_a_port_that_is_taken_is_told_before_anything_is_built(
    subjects: Subjects, picture: Picture
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with (
            pytest.raises(ConfigError, match=rf"--port {port}` must be a free place"),
            serve(subjects, (picture,), port=port),
        ):
            pass


@pytest.mark.slow
@pytest.mark.filterwarnings("default::pytest.PytestUnraisableExceptionWarning")
def test_a_thousand_malformed_uploads_leave_it_answering(served: Explored) -> None:
    """One server for all that costs seconds to begin: answers, uploads, refusals, many at once."""
    assert served.address.startswith("http://127.0.0.1:")
    client = ExplorerClient(served.address)
    shown = client.ask("load", [None, *REST])
    assert shown is not None
    assert shown[0].count('class="card"') == 2

    file = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(file, "PNG")
    whole = file.getvalue()
    _, complaint = client.ask("dropped", [None], _dropped(whole, "<i>.png")) or (None, None)
    assert complaint == ""
    assert "&lt;i&gt;.png" in (client.ask("load", [None, *REST]) or [""])[0]

    chance = keyed_generator(0, "malformed")
    for number in range(200):  # through the queue, read as pictures
        content = bytearray(whole if number % 2 else chance.bytes(200))
        del content[chance.integers(len(content)) :]
        _, complaint = client.ask("dropped", [None], _dropped(bytes(content), "a")) or (None, None)
        assert complaint is None or 'class="complaint"' in complaint or number % 2
    strange = [None, [], 3, "x", {"name": "/etc/passwd", "content": "/etc/passwd"},
               {"content": {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}},
               {"content": "data:image/png;base64,%%%"}, {"path": "http://127.0.0.1/"}]  # fmt: skip
    for number in range(100):
        answer = client.ask("dropped", [None], strange[number % len(strange)])
        assert answer is None or 'class="complaint"' in answer[1]
    bodies = [b"", b"{", b"[" * 1000, b"\xff\xfe", json.dumps({"fn_index": -1}).encode(),
              json.dumps({"fn_index": 10**9, "data": []}).encode(), whole]  # fmt: skip
    statuses = {client.post(bodies[number % len(bodies)]) for number in range(700)}
    assert statuses <= {200, 400, 404, 413, 422, 500}

    for path in ("file=/etc/passwd", "upload", "proxy=http://127.0.0.1/"):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(f"{served.address}gradio_api/{path}")  # noqa: S310
        assert caught.value.code == 404
        caught.value.close()

    def moves(place: int) -> list[bool]:
        own = ExplorerClient(served.address)
        asked = (own.ask("load", [None, number % 10, *REST[1:]]) for number in range(25))
        return [one is not None and 'class="card"' in one[0] for one in asked]

    with ThreadPoolExecutor(8) as pool:
        answered = [one for some in pool.map(moves, range(8)) for one in some]
    assert answered == [True] * 200


def _dropped(content: bytes, name: str) -> dict[str, str]:
    text = base64.b64encode(content).decode()
    return {"name": name, "content": f"data:image/png;base64,{text}"}
