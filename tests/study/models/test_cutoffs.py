"""The cutoff is found that comes nearest to an accuracy."""

import pytest

from cuelens.study.models.cutoffs import choose_cutoff


@pytest.mark.parametrize("wanted", [0.5, 1.0, 5.5, 6.0, 13.0, 22.0, 23.0])
def test_where_accuracy_rises_the_nearest_cutoff_is_found(wanted):
    found = choose_cutoff(lambda cutoff: cutoff / 100, target=wanted / 100, side=32)
    assert found.cutoff == min(wanted, 23.0)


@pytest.mark.parametrize(("target", "cutoff"), [(0.0, 0.5), (1.0, 23.0)])
def test_a_target_out_of_reach_ends_at_the_border(target, cutoff):
    found = choose_cutoff(lambda cutoff: 0.3 + cutoff / 100, target=target, side=32)
    assert found.cutoff == cutoff


def test_few_networks_are_trained_and_each_once():
    tried = []

    def accuracy_of(cutoff):
        tried.append(cutoff)
        return cutoff / 100

    found = choose_cutoff(accuracy_of, target=0.061, side=32)
    assert found.cutoff == 6.0
    assert len(tried) == len(set(tried)) <= 6
    assert found.accuracies == {cutoff: cutoff / 100 for cutoff in tried}


def test_of_noisy_accuracies_the_nearest_that_was_tried_is_kept():
    planted = {6.0: 0.5, 11.5: 0.9, 8.5: 0.69, 7.0: 0.72, 10.0: 0.8, 6.5: 0.8}
    found = choose_cutoff(lambda cutoff: planted.get(cutoff, 0.6), target=0.7, side=32)
    assert found.accuracies[found.cutoff] == 0.69


def test_larger_images_have_higher_cutoffs():
    found = choose_cutoff(lambda cutoff: cutoff / 1000, target=0.1, side=224)
    assert found.cutoff == 100.0
