"""A batch that does not fit is an error that says which would."""

import pytest
import torch

from cuelens.errors import TrainingError
from cuelens.training.memory import within_memory
from cuelens.training.run import Run

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nMore text"),
            "CUDA out of memory. Tried to allocate 2.00 GiB",
        ),
        (
            RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried 8 bytes."),
            "DefaultCPUAllocator: can't allocate memory: you tried 8 bytes",
        ),
        (MemoryError(), "no more memory"),
    ],
    ids=["cuda", "cpu", "python"],
)
def test_an_exhausted_memory_names_the_batch_size_to_try(error, told):
    with pytest.raises(TrainingError) as caught, within_memory(128, CPU):
        raise error
    assert str(caught.value) == (
        f"A step on 128 images must fit into the memory of cpu, got: {told}. Try `batch_size` 64, "
        "in another folder."
    )
    assert caught.value.__cause__ is error


def test_the_smallest_batch_names_a_smaller_network():
    smaller = pytest.raises(TrainingError, match="Train a smaller network, or smaller images")
    with smaller, within_memory(2, CPU):
        raise MemoryError


def test_other_errors_go_their_way():
    with pytest.raises(RuntimeError, match="wrong shape"), within_memory(128, CPU):
        raise RuntimeError("wrong shape")


def test_a_step_that_asks_for_more_than_there_is_says_so(make_training, path, monkeypatch):
    run = Run(make_training(), path)
    monkeypatch.setattr(run.classifier.network, "forward", lambda _: torch.empty(2**60))
    with pytest.raises(TrainingError, match=r"A step on 8 images .* Try `batch_size` 4, in"):
        run.step()
    assert run.checkpoint.step == 0
