"""A word of one start: shared by its processes, whatever those of earlier starts left behind."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from torch.distributed import HashStore

from cuelens.errors import ConfigError
from cuelens.training.watchword import agree


def start(store, late=()):
    """Return the words of three processes, some of which come late."""

    def process(number):
        time.sleep(0.1 * (number in late))
        return agree(store, number=number, count=3, seconds=5)

    with ThreadPoolExecutor(3) as threads:
        return list(threads.map(process, range(3)))


def test_one_process_agrees_with_itself():
    assert agree(HashStore(), number=0, count=1)


@pytest.mark.parametrize("late", [(), (0,), (1,), (1, 2), (0, 2)], ids=str)
def test_every_start_has_a_word_of_its_own_in_the_same_store(late):
    store = HashStore()
    starts = [start(store), start(store, late), start(store, late)]
    assert [len(set(words)) for words in starts] == [1, 1, 1]
    assert len({words[0] for words in starts}) == 3


@pytest.mark.parametrize("late", [(), (0,), (1,)], ids=str)
@pytest.mark.parametrize("lived", [0, 1])
def test_processes_that_died_while_they_met_are_not_waited_for(lived, late):
    store = HashStore()
    start(store)
    with pytest.raises(ConfigError):
        agree(store, number=lived, count=3, seconds=0.1)
    assert len(set(start(store, late))) == 1


@pytest.mark.parametrize(("number", "missing"), [(0, 1), (1, 0)])
def test_who_does_not_come_is_named(number, missing):
    with pytest.raises(ConfigError) as error:
        agree(HashStore(), number=number, count=2, seconds=0.1)
    assert str(error.value) == (
        "Expected all processes of the launcher to meet, got no answer from process "
        f"{missing}. See what it printed, and start all of them together."
    )
