import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from cuelens.explore.gate import MOST_BODY, Gate

HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


def status_of(
    path: str, *, method: str = "GET", hosts: frozenset[str] = HOSTS, **headers: str
) -> int:
    """Return how a request is answered; 200 where it gets through."""
    seen: list[int] = []

    async def app(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            seen.append(message["status"])

    given = {"host": "127.0.0.1:7860", **{k.replace("_", "-"): v for k, v in headers.items()}}
    scope = {
        "type": "http", "method": method, "path": path,
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
    }  # fmt: skip
    asyncio.run(Gate(app, hosts=hosts)(scope, receive, send))
    return seen[0]


@pytest.mark.parametrize(
    "path",
    ["/", "/config", "/theme.css", "/assets/index-Dk3_x.js", "/static/fonts/a.woff2",
     "/gradio_api/queue/data", "/gradio_api/heartbeat/abc123", "/gradio_api/startup-events"],
)  # fmt: skip
def test_what_the_page_asks_for_gets_through(path: str) -> None:
    assert status_of(path) == 200


@pytest.mark.parametrize(
    "path",
    ["/gradio_api/file=/etc/passwd", "/gradio_api/file/etc/passwd", "/gradio_api/upload",
     "/gradio_api/proxy=http://169.254.169.254/", "/gradio_api/vibe-edit/", "/monitoring",
     "/static/../../etc/passwd", "/assets/%2e%2e/x", "/docs", "/openapi.json",
     "/gradio_api/run/predict", "/gradio_api/info", "/gradio_api/info/",
     "/gradio_api/stream/a/b/c/playlist.m3u8", "/runs", "/svelte/x"],
)  # fmt: skip
def test_files_uploads_and_other_hosts_do_not(path: str) -> None:
    assert status_of(path) == 404
    assert status_of(path, method="POST", content_length="1") == 404


def test_only_a_request_of_bounded_length_is_read() -> None:
    join = "/gradio_api/queue/join"
    assert status_of(join, method="POST", content_length="100") == 200
    assert status_of(join, method="POST", content_length=str(MOST_BODY + 1)) == 413
    assert status_of(join, method="POST", transfer_encoding="chunked") == 411
    assert status_of(join, method="POST", content_length="-1") == 411
    assert status_of("/", method="PUT") == 404


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:7860", "127.0.0.1.evil.example", ""]
)
def test_a_strangers_name_for_this_machine_is_refused(host: str) -> None:
    assert status_of("/", host=host) == 403
    assert status_of("/", host=host, hosts=frozenset()) == 200


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:80", "[::1]:7860", "127.0.0.1"])
def test_the_names_of_this_machine_are_known(host: str) -> None:
    assert status_of("/", host=host) == 200
