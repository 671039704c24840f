"""Asks a served explorer as its page does, without a browser: for its bench and its tests."""

import json
import urllib.request
import uuid
from typing import Any

__all__ = ["ExplorerClient"]

_SECONDS = 60


class ExplorerClient:
    """A visitor of one session."""

    def __init__(self, address: str) -> None:
        """Read what the page can ask for."""
        self._address = address
        self._session = uuid.uuid4().hex[:12]
        with urllib.request.urlopen(f"{address}config", timeout=_SECONDS) as answer:  # noqa: S310
            self._calls = json.load(answer)["dependencies"]

    def call(self, event: str) -> int:
        """Return the number of the call that an event starts, such as "dropped" or "load"."""
        for number, one in enumerate(self._calls):
            if any(name == event for _, name in one["targets"]):
                return int(one.get("id", number))
        raise LookupError(event)

    def post(self, body: bytes) -> int:
        """Return the status of a request to join the queue, whatever its body."""
        request = urllib.request.Request(  # noqa: S310
            f"{self._address}gradio_api/queue/join", body, {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
                return int(answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code

    def ask(self, event: str, data: list[Any], sent: Any = None) -> list[Any] | None:
        """Return what a call gives back at last; None if it failed.

        Args:
            event: Such as "dropped".
            data: Of the call's inputs.
            sent: By the part of the page that the event is of.
        """
        join = {
            "data": data, "event_data": sent, "fn_index": self.call(event), "trigger_id": None,
            "session_hash": self._session,
        }  # fmt: skip
        if self.post(json.dumps(join).encode()) != 200:
            return None
        place = f"{self._address}gradio_api/queue/data?session_hash={self._session}"
        with urllib.request.urlopen(place, timeout=_SECONDS) as stream:  # noqa: S310
            for line in stream:
                if not line.startswith(b"data:"):
                    continue
                message = json.loads(line[5:])
                if message["msg"] == "process_completed":
                    return message["output"]["data"] if message["success"] else None
        return None
