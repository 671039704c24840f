import asyncio
from typing import Any

import pytest

from cuelens.explore.page import page_of
from cuelens.explore.visits import Visit

pytest.importorskip("gradio")


def test_no_event_is_an_interface_and_none_announces_itself(visit: Visit) -> None:
    """An event that shows progress also says "common.complete" to a screen reader."""

    async def events() -> Any:
        return page_of(visit).config["dependencies"]  # gradio makes loops of its own elsewhere

    found = asyncio.run(events())
    assert len(found) > 10
    assert {one["api_visibility"] for one in found} == {"private"}
    assert {one["show_progress"] for one in found} == {"hidden"}
