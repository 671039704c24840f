"""Models that do not fit together take turns, and answer the same."""

import pytest
import torch

from cuelens.errors import ConfigError
from cuelens.evaluation import RecordStore, evaluate_models
from cuelens.evaluation.forms import Forms, bytes_of

CPU = torch.device("cpu")


@pytest.fixture
def size(models):
    sizes = {bytes_of(one.network) for one in models.values()}
    (size,) = sizes
    return size


def test_a_form_is_made_once_while_there_is_room(models, size):
    forms = Forms(models, device=CPU, memory=2 * size)
    first = forms.of("standard")
    assert forms.of("robust") is not first
    assert forms.of("standard") is first


def test_what_was_used_longest_ago_makes_room(models, size):
    models["third"] = models["robust"]
    forms = Forms(models, memory=2 * size)
    kept = {name: forms.of(name) for name in ("standard", "robust")}
    assert forms.of("standard") is kept["standard"]
    forms.of("third")
    assert forms.of("standard") is kept["standard"]
    assert forms.of("robust") is not kept["robust"]


def test_a_model_that_is_too_large_alone_is_there_alone(models):
    forms = Forms(models, memory=1)
    first = forms.of("standard")
    assert forms.of("standard") is first
    forms.of("robust")
    assert forms.of("standard") is not first


def test_those_that_are_there_come_first(models, size):
    forms = Forms(models, memory=size)
    forms.of("robust")
    assert [name for name, _ in forms.in_turn(["standard", "robust"])] == ["robust", "standard"]


def test_models_in_turn_give_the_same_records(tmp_path, models, dataset, conditions, size):
    frames = []
    for place, memory in (("together", None), ("in-turn", size)):
        store = RecordStore(tmp_path / place)
        done = evaluate_models(
            models, dataset, conditions, store=store, chunk=20, memory=memory, device=CPU
        )
        frames.append(store.read(done.table, done.keys))
    assert frames[0].equals(frames[1])


def test_no_memory_at_all_is_refused(models):
    with pytest.raises(ConfigError) as caught:
        Forms(models, memory=0)
    assert str(caught.value) == "`memory` must be at least 1 byte, got 0. Leave it out."
