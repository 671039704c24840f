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


def test_events_that_change_the_visitor_take_turns_and_all_count(visit: Visit) -> None:
    """Two at once would begin with the same visitor, and what the first did would be lost."""

    async def events() -> Any:
        gradio, blocks = pytest.importorskip("gradio"), page_of(visit)
        return [one for one in blocks.fns.values()
                if any(isinstance(part, gradio.State) for part in one.outputs)]  # fmt: skip

    found = asyncio.run(events())
    assert len(found) == 4  # a picture picked and dropped, one step and ten
    assert {(one.concurrency_id, one.concurrency_limit) for one in found} == {("visitor", 1)}
    assert {one.trigger_mode for one in found} == {"multiple"}
