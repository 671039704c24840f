"""The explorer on a port of this machine: bound to loopback unless told, behind its gate."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cuelens.datasets.decoding import quiet_decoding
from cuelens.errors import ConfigError
from cuelens.explore.gate import Gate
from cuelens.explore.page import looks_of_page, page_of, require_gradio
from cuelens.explore.painted import read_styles
from cuelens.explore.pictures import Picture, pictures_in, rendered_pictures
from cuelens.explore.shipped import shipped_models
from cuelens.explore.subjects import Subjects, subjects_at
from cuelens.explore.visits import Visit
from cuelens.sources import Stated

__all__ = ["LOOPBACK", "Explored", "explore_files", "serve"]

LOOPBACK = "127.0.0.1"
_OWN_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
_SECONDS = 30.0
"""Until the server must have begun."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Explored:
    """An explorer that is served.

    Attributes:
        address: Of its page.
        models: Names of the models.
    """

    address: str
    models: tuple[str, ...]


def explore_files(
    models: Sequence[str | Path],
    *,
    stated: Stated | None = None,
    data: Path | None,
    host: str,
    port: int,
    told: Callable[[Explored], None],
) -> None:
    """Serve the explorer until it is interrupted.

    Args:
        models: Model files, or other addresses that `open_model` knows; none for those at hand,
            see `shipped_models`.
        stated: What a person says of all of them.
        data: Folder of pictures; None to render some.
        host: Address to bind to; loopback unless others are to reach it.
        port: Where it is served; 0 for any that is free.
        told: Called once it answers.

    Raises:
        CuelensError: If a model or the folder cannot be read, the port is taken, or gradio is not
            installed.
    """
    require_gradio()
    subjects = subjects_at(models or shipped_models(Path.cwd()), stated=stated)
    if data is None:
        pictures = rendered_pictures(subjects.side)
    else:
        pictures = pictures_in(data, class_names=subjects.class_names, side=subjects.side)
    with serve(subjects, pictures, host=host, port=port) as served:
        told(served)
        threading.Event().wait()


@contextmanager
def serve(
    subjects: Subjects, pictures: tuple[Picture, ...], *, host: str = LOOPBACK, port: int = 0
) -> Iterator[Explored]:
    """Serve the explorer in a thread, until the context is left.

    Args:
        subjects: The models; no other can be loaded.
        pictures: Those to pick from; at least one.
        host: Address to bind to.
        port: 0 for any that is free.

    Raises:
        ConfigError: If the port is taken, or gradio is not installed.
    """
    require_gradio()
    import uvicorn

    bound = _bound(host, port)
    names = _OWN_NAMES if host in _OWN_NAMES else frozenset()
    server = uvicorn.Server(
        uvicorn.Config(
            Gate(_missing, hosts=names), log_level="critical", access_log=False, ws="none",
            server_header=False, limit_concurrency=200, timeout_graceful_shutdown=1,
        )
    )  # fmt: skip
    visit = Visit(subjects=subjects, pictures=pictures)

    async def run() -> None:
        # gradio is put together where it will run: it makes loops of its own elsewhere.
        server.config.app = Gate(_application(visit), hosts=names)
        await server.serve(sockets=[bound])

    thread = threading.Thread(target=asyncio.run, args=[run()], daemon=True)
    leaving = threading.Event()
    reading = threading.Thread(target=read_styles, args=[leaving], daemon=True)
    with quiet_decoding():
        thread.start()
        try:
            _await(server, thread)
            reading.start()
            place = f"[{host}]" if ":" in host else host
            yield Explored(
                address=f"http://{place}:{bound.getsockname()[1]}/", models=tuple(subjects.given)
            )
        finally:
            leaving.set()
            server.should_exit = True
            thread.join(_SECONDS)
            if reading.ident is not None:
                reading.join(_SECONDS)
            bound.close()


async def _missing(*_: Any) -> None:
    """Stand in for the application until it is put together."""


def _application(visit: Visit) -> Any:
    """Return gradio's application, which serves no file and keeps no upload."""
    gr = require_gradio()
    import fastapi

    return gr.mount_gradio_app(
        fastapi.FastAPI(openapi_url=None), page_of(visit), path="/", footer_links=[],
        run_history=False, ssr_mode=False, mcp_server=False, enable_monitoring=False, pwa=False,
        show_error=False, allowed_paths=[], blocked_paths=["/"], max_file_size=1,
        **looks_of_page(),
    )  # fmt: skip


def _await(server: Any, thread: threading.Thread) -> None:
    """Wait until the server answers."""
    waiting = threading.Event()
    for _ in range(int(_SECONDS / 0.02)):
        if server.started:
            return
        if not thread.is_alive():
            break
        waiting.wait(0.02)
    raise ConfigError("The explorer's server did not begin. Run the command again.")


def _bound(host: str, port: int) -> socket.socket:
    """Return a socket that is bound.

    Raises:
        ConfigError: If the address cannot be bound to.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise ConfigError(
            f"`--host {host} --port {port}` must be a free place of this machine, but "
            f"{error.strerror or error}. Name another port, or 0 for any."
        ) from error
    return bound
