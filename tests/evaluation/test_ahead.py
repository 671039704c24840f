"""Making what comes next while what is there is used."""

import threading

import pytest
import torch

from cuelens.datasets import InMemoryDataset
from cuelens.evaluation import evaluate_models, predictions
from cuelens.evaluation.ahead import Ahead
from cuelens.evaluation.chunks import Chunk, chunk_of
from cuelens.evaluation.forward import logits_of


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


def test_the_images_of_the_next_condition_are_made_while_a_model_answers(
    store, models, dataset, conditions, monkeypatch
):
    order = [condition.name for condition in conditions]
    begun = {name: threading.Event() for name in order}
    under, answered = Chunk.under, []

    def noted(chunk, condition):
        begun[condition.name].set()
        return under(chunk, condition)

    def answer(form, images, *, micro_batch):
        answered.append(len(images))
        for name in order[len(answered) :][:1]:
            assert begun[name].wait(10)
        return logits_of(form, images, micro_batch=micro_batch)

    monkeypatch.setattr(Chunk, "under", noted)
    monkeypatch.setattr(predictions, "logits_of", answer)
    done = evaluate_models({"robust": models["robust"]}, dataset, conditions, store=store)
    assert answered == [50, 50, 50]
    assert done.computed == 3


def test_parts_of_large_images_hold_fewer(dataset):
    large = InMemoryDataset(
        name="large",
        class_names=("any",),
        ids=("a",),
        labels=torch.tensor([0]),
        pixels=torch.zeros(1, 3, 224, 224, dtype=torch.uint8),
    )
    assert chunk_of(dataset, at_least=1) == 2000
    assert chunk_of(large, at_least=20) == 222
    assert chunk_of(large, at_least=250) == 250
