"""Each task is done once, by whoever is free; what died is done again."""

import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from cuelens.leases import Leases
from cuelens.sharing import Task, share, whole_first


def task(done, name, by, seconds=0.0):
    def do():
        time.sleep(seconds)
        done.append((name, by))
        return 1

    return Task(name=name, done=lambda: any(one == name for one, _ in done), do=do)


def test_tasks_are_done_in_their_order_and_those_that_are_done_are_left(tmp_path):
    done = [("b", "before")]
    tasks = [task(done, name, "me") for name in "abc"]
    assert share(tasks, Leases(tmp_path)) == 2
    assert done == [("b", "before"), ("a", "me"), ("c", "me")]
    assert share(tasks, Leases(tmp_path)) == 0


def test_several_do_each_task_once_and_return_when_all_are_done(tmp_path):
    done = []

    def work(by):
        names = [f"task-{number}" for number in range(12)]
        computed = share([task(done, name, by, 0.01) for name in names], Leases(tmp_path))
        return computed, len(done)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(work, "abcd"))
    assert sorted(name for name, _ in done) == sorted(f"task-{number}" for number in range(12))
    assert sum(computed for computed, _ in found) == 12
    assert all(seen == 12 for _, seen in found)
    assert sum(computed > 0 for computed, _ in found) > 1


def test_without_waiting_what_others_do_is_left_to_them(tmp_path):
    done = []
    other = Leases(tmp_path)
    other.take("b")
    tasks = [task(done, name, "me") for name in "abc"]
    assert share(tasks, Leases(tmp_path), wait=False) == 2
    assert [name for name, _ in done] == ["a", "c"]


def test_the_task_of_one_who_was_lost_is_done_here(tmp_path):
    done = []
    Leases(tmp_path, machine="elsewhere", beat=50, patience=100).take("b")
    mine = Leases(tmp_path, beat=0.05, patience=0.3)
    assert share([task(done, name, "me") for name in "abc"], mine) == 3
    assert [name for name, _ in done] == ["a", "c", "b"]


def test_a_task_waits_for_what_it_needs(tmp_path):
    done = []
    first, second = task(done, "first", "me"), task(done, "second", "me")
    waiting = Task(name="second", done=second.done, do=second.do, ready=first.done)
    assert share([waiting, first], Leases(tmp_path)) == 2
    assert [name for name, _ in done] == ["first", "second"]


def test_a_task_that_another_did_while_its_lease_was_awaited_is_not_done_again(tmp_path):
    done, looks = [], []

    def late():
        looks.append(len(looks))
        if len(looks) == 3:  # between the second look and the lease
            done.append("another")
        return bool(done)

    assert share([Task(name="a", done=late, do=lambda: 1)], Leases(tmp_path)) == 0


def test_groups_stay_with_one_as_long_as_there_are_others(tmp_path):
    done = []

    def work(by):
        groups = [(f"group-{one}", partial(tasks_of, one, by)) for one in "abcd"]
        return whole_first(groups, Leases(tmp_path))

    def tasks_of(group, by):
        return [task(done, f"{group}-{number}", by, 0.02) for number in range(5)]

    with ThreadPoolExecutor(2) as pool:
        computed = list(pool.map(work, ("first", "second")))
    assert sum(computed) == 20
    assert len({name for name, _ in done}) == 20
    shared = [group for group in "abcd" if len({by for name, by in done if name[0] == group}) > 1]
    assert len(shared) <= 1, done
    assert min(computed) >= 5


def test_a_group_that_was_reserved_is_left_to_who_reserved_it(tmp_path):
    first, second, reserved, seen = Leases(tmp_path), Leases(tmp_path), set(), []

    def reserve():
        assert first.take("group-b", ahead=True)
        reserved.add("group-b")
        groups = [("group-b", lambda: seen.append("asked") or [])]
        assert whole_first(groups, second) == 0  # nobody else may begin it
        assert not second.take("group-b")
        return 1

    def once(name, do):
        done = []
        return Task(name=name, done=lambda: bool(done), do=lambda: done.append(name) or do())

    tasks = {"group-a": [once("a", reserve)], "group-b": [once("b", int)]}
    groups = [(name, partial(tasks.get, name)) for name in tasks]
    assert whole_first(groups, first, reserved=reserved) == 1
    assert not reserved
    assert second.take("group-b")


def test_what_was_reserved_is_given_back_after_an_error(tmp_path):
    leases, reserved = Leases(tmp_path), set()

    def fail():
        leases.take("later", ahead=True)
        reserved.add("later")
        raise ValueError("torn")

    with pytest.raises(ValueError, match="torn"):
        whole_first(
            [("now", lambda: [Task(name="a", done=lambda: False, do=fail)])],
            leases,
            reserved=reserved,
        )
    assert not tmp_path.exists() or not list(tmp_path.iterdir())
