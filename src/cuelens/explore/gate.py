"""The gate before the page: lets in what the page itself asks for, and nothing else.

gradio answers many more requests than this page makes: it serves files by their path, fetches
addresses, keeps uploads, lists its interfaces. None of these gets through; nor
does a body that is too large, nor a request under a name that is not this machine's, as a
stranger's page may send it.
"""

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

__all__ = ["MOST_BODY", "Gate"]

MOST_BODY = 15 * 2**20
"""Bytes of a request: a picture of the largest size as a data address, and some more."""

_Scope = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
_Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
_App = Callable[[_Scope, _Receive, _Send], Awaitable[None]]

_GET = re.compile(
    r"/|/config|/theme\.css|/favicon\.ico|/manifest\.json|/robots\.txt|/(assets|static)/[\w./@-]+"
    r"|/gradio_api/(app_id|startup-events|theme\.css|user|token|login_check"
    r"|heartbeat/\w{1,64}|queue/data)/?",
    re.ASCII,
)
_POST = re.compile(r"/gradio_api/(queue/join|cancel|reset)/?", re.ASCII)
_ALLOWED = {"GET": _GET, "HEAD": _GET, "POST": _POST}


class Gate:
    """An ASGI application before another one."""

    def __init__(self, app: _App, *, hosts: frozenset[str]) -> None:
        """Stand before `app`.

        Args:
            app: An ASGI application.
            hosts: Names under which it may be asked, without port; none for any name.
        """
        self._app, self._hosts = app, hosts

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        """Let a request in, or answer it: 403, 404, 411 or 413."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        status = self._refusal(scope)
        if status is None:
            await self._app(scope, receive, send)
            return
        headers = [(b"content-type", b"text/plain"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"Refused.\n"})

    def _refusal(self, scope: _Scope) -> int | None:
        """Return the status that refuses a request; None to let it in."""
        headers = {name.lower(): value for name, value in scope["headers"]}
        host = headers.get(b"host", b"").decode("latin-1").rpartition("@")[2]
        name = re.sub(r":\d+$", "", host).strip("[]").lower()
        if self._hosts and name not in self._hosts:
            return 403
        known = _ALLOWED.get(scope["method"])
        path = scope["path"]
        if known is None or ".." in path or not known.fullmatch(path):
            return 404
        if scope["method"] == "POST":
            length = headers.get(b"content-length", b"").decode("latin-1")
            if not length.isdigit():
                return 411
            if int(length) > MOST_BODY:
                return 413
        return None
