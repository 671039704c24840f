"""Letters of groups that cannot be told apart."""

import itertools

import numpy as np
import pytest

from cuelens.letters import indistinct_groups, letters_of


def cliques(items, different):
    """Return every largest set without a pair that differs, by looking at all sets."""
    apart = {frozenset(pair) for pair in different}
    sets = [
        frozenset(chosen)
        for size in range(1, len(items) + 1)
        for chosen in itertools.combinations(items, size)
        if not any(frozenset(pair) in apart for pair in itertools.combinations(chosen, 2))
    ]
    return {one for one in sets if not any(one < other for other in sets)}


@pytest.mark.parametrize("seed", range(20))
def test_groups_are_the_largest_sets_without_a_pair_that_differs(seed):
    rng = np.random.default_rng(seed)
    items = "abcdef"[: rng.integers(1, 7)]
    different = [pair for pair in itertools.combinations(items, 2) if rng.random() < 0.5]
    rng.shuffle(different)
    groups = indistinct_groups(items, [tuple(pair) for pair in different])
    assert {frozenset(group) for group in groups} == cliques(items, different)
    assert len(set(groups)) == len(groups)


def test_two_items_share_a_letter_if_and_only_if_they_cannot_be_told_apart():
    found = letters_of(["best", "good", "bad"], [("best", "bad")])
    assert found == {"best": "a", "good": "ab", "bad": "b"}
    assert letters_of(["best", "bad"], [("bad", "best")]) == {"best": "a", "bad": "b"}
    assert letters_of(["best", "bad"], []) == {"best": "a", "bad": "a"}


def test_more_groups_than_letters_have_numbers():
    items = [f"m{number}" for number in range(28)]
    found = letters_of(items, list(itertools.combinations(items, 2)))
    assert found["m0"] == "a"
    assert found["m27"] == "[28]"
    assert len(set(found.values())) == 28
