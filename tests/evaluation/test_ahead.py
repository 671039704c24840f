"""Making what comes next while what is there is used."""

import threading

import pytest
import torch

from cuelens.evaluation.ahead import Ahead


def test_what_was_begun_is_made_once_on_another_thread_without_gradients():
    made = []

    def make():
        made.append((threading.current_thread().name, torch.is_grad_enabled()))
        return 7

    with Ahead() as ahead:
        ahead.begin("a", make)
        ahead.begin("a", make)
        assert ahead.get("a", make) == 7
    ((name, with_gradients),) = made
    assert name.startswith("cuelens-ahead")
    assert not with_gradients


def test_what_was_not_begun_is_made_here():
    with Ahead() as ahead:
        ahead.begin("a", lambda: 1)
        assert ahead.get("b", lambda: threading.current_thread()) is threading.current_thread()


def test_it_is_made_while_something_else_is_done():
    begun, go_on = threading.Event(), threading.Event()

    def make():
        begun.set()
        assert go_on.wait(10)
        return "made"

    with Ahead() as ahead:
        ahead.begin("a", make)
        assert begun.wait(10)  # before anybody asks for it
        go_on.set()
        assert ahead.get("a", make) == "made"


def test_an_error_is_raised_where_it_is_asked_for():
    def fail():
        raise ValueError("torn")

    with Ahead() as ahead:
        ahead.begin("a", fail)
        with pytest.raises(ValueError, match="torn"):
            ahead.get("a", fail)
        ahead.begin("b", fail)  # nobody asks for it
