"""What is slow waits for what is awaited, but not for ever."""

import threading

from cuelens.explore.turns import Turns


def test_what_is_slow_waits_until_all_that_is_awaited_is_done() -> None:
    turns, waited = Turns(patience=60), threading.Event()

    def slow() -> None:
        turns.wait()
        waited.set()

    with turns.first():
        with turns.first():
            thread = threading.Thread(target=slow)
            thread.start()
        assert not waited.wait(0.05)
    thread.join(60)
    assert waited.is_set()


def test_where_nothing_is_awaited_nothing_waits() -> None:
    with Turns(patience=60).first():
        pass
    Turns(patience=60).wait()


def test_patience_ends() -> None:
    turns = Turns(patience=0.01)
    with turns.first():
        turns.wait()  # returns, or the test never ends
