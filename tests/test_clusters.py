import csv
import os
import re
from pathlib import Path

import numpy as np
import pytest

from cuelens.clusters import crossed_difference_of_ratios, crossed_ratio, ratio_by_cluster
from cuelens.errors import ConfigError
from cuelens.ratios import ratio
from cuelens.statistics import wilson

RESPONSES = "texture-vs-shape/raw-data/style-transfer-512-nomask-experiment"


def published(network):
    """Return the published trials of a network: shape answers, either, and the sources."""
    places = (os.environ.get("CUELENS_DATA"), "../shared/data")
    folders = [Path(place) / RESPONSES for place in places if place]
    folder = next((folder for folder in folders if folder.is_dir()), None)
    if folder is None:
        pytest.skip("needs texture-vs-shape, unpacked: set CUELENS_DATA to where it is")
    (file,) = folder.glob(f"*_{network}_session_1.csv")
    with file.open() as lines:
        rows = list(csv.DictReader(lines))
    names = [Path(row["imagename"]).stem.split("_")[-1].split("-") for row in rows]
    classes = np.array([[re.sub(r"\d", "", name) for name in pair] for pair in names])
    differs = classes[:, 0] != classes[:, 1]
    answers = np.array([row["object_response"] for row in rows])[differs]
    follows = answers[:, None] == classes[differs]
    sources = [np.unique(column, return_inverse=True)[1] for column in np.array(names)[differs].T]
    kinds = np.unique(classes[differs, 0], return_inverse=True)[1]
    return follows[:, 0] * 1.0, follows.any(1) * 1.0, sources, kinds


@pytest.mark.data
def test_published_trials_give_the_crossed_interval_of_alexnet():
    by_shape, by_either, sources, _ = published("alexnet")
    assert (by_shape.sum(), by_either.sum() - by_shape.sum()) == (283, 376)
    found = crossed_ratio(by_shape, by_either, *sources)
    assert found.value == pytest.approx(0.4294, abs=5e-5)
    # .324-.543 with other draws.
    assert (found.low, found.high) == pytest.approx((0.324, 0.543), abs=0.006)


@pytest.mark.data
@pytest.mark.parametrize(("network", "counts"), [("vgg", (130, 625)), ("googlenet", (228, 503))])
def test_published_trials_give_the_published_counts(network, counts):
    by_shape, by_either, _, kinds = published(network)
    assert (by_shape.sum(), by_either.sum() - by_shape.sum()) == counts
    by_class, by_image = ratio_by_cluster(by_shape, by_either, kinds), ratio(by_shape, by_either)
    assert by_class.n == 16
    assert by_class.low < by_image.low < by_image.high < by_class.high


def test_a_mean_by_cluster_of_equal_size_is_students_t_of_the_cluster_means_on_log_odds():
    rng = np.random.default_rng(0)
    means = rng.random(12)
    values = np.repeat(means, 5)
    found = ratio_by_cluster(values, np.ones(60), np.repeat(np.arange(12), 5))
    error = means.std(ddof=1) / np.sqrt(12)
    assert (found.value, found.n) == (pytest.approx(means.mean()), 12)
    odds, half = found.value / (1 - found.value), 2.200985 * error / found.value
    reach = np.exp(half / (1 - found.value))
    assert found.low / (1 - found.low) == pytest.approx(odds / reach)
    assert found.high / (1 - found.high) == pytest.approx(odds * reach)


def test_clusters_that_all_say_the_same_leave_room_for_others():
    found = ratio_by_cluster(np.ones(60), np.ones(60), np.repeat(np.arange(12), 5))
    assert (found.value, found.high, found.n) == (1.0, 1.0, 12)
    assert found.low == pytest.approx(wilson(12, 12).low)


@pytest.mark.parametrize("count", [10, 16])
def test_the_interval_by_cluster_covers_other_clusters(count):
    rng = np.random.default_rng(1)
    hits, repeats = 0, 500
    clusters = np.repeat(np.arange(count), 20)
    for _ in range(repeats):
        rates = np.repeat(rng.beta(2, 5, count), 20)
        found = ratio_by_cluster(
            (rng.random(20 * count) < rates) * 1.0, np.ones(20 * count), clusters
        )
        hits += found.low <= 2 / 7 <= found.high
    assert 0.92 <= hits / repeats <= 0.975


def crossed(seed, rows=20, columns=15, shift=0.0):
    """Return trials of every row with every column, each with its own lean."""
    rng = np.random.default_rng(seed)
    row, column = np.divmod(np.arange(rows * columns), columns)
    lean = rng.normal(0, 0.8, rows)[row] + rng.normal(0, 0.8, columns)[column] + shift
    return (rng.random(rows * columns) < 1 / (1 + np.exp(-lean))) * 1.0, row, column


def test_shared_sources_widen_the_interval():
    answers, row, column = crossed(2)
    ones = np.ones_like(answers)
    by_image, both = ratio(answers, ones), crossed_ratio(answers, ones, row, column)
    assert both.high - both.low > 1.3 * (by_image.high - by_image.low)
    assert crossed_ratio(answers, ones, row, column) == both


def test_the_crossed_interval_covers_other_sources():
    hits, repeats = 0, 200
    for seed in range(repeats):
        answers, row, column = crossed(100 + seed)
        found = crossed_ratio(answers, np.ones_like(answers), row, column, resamples=400)
        hits += found.low <= 0.5 <= found.high
    assert hits / repeats >= 0.90


def test_what_two_models_share_leaves_the_crossed_difference():
    answers, row, column = crossed(3)
    ones = np.ones_like(answers)
    same = crossed_difference_of_ratios(answers, ones, answers, ones, row, column)
    assert (same.estimate.value, same.estimate.low, same.estimate.high) == (0, 0, 0)
    other, *_ = crossed(3, shift=1.5)
    found = crossed_difference_of_ratios(other, ones, answers, ones, row, column, threshold=0.05)
    assert found.estimate.low > 0.05
    assert found.p_above < 0.01 < 0.99 < found.p_below
    alone = [crossed_ratio(x, ones, row, column) for x in (other, answers)]
    paired = found.estimate.high - found.estimate.low
    assert paired < sum(each.high - each.low for each in alone)


def test_one_cluster_has_no_interval():
    with pytest.raises(ConfigError) as caught:
        ratio_by_cluster(np.ones(4), np.ones(4), np.zeros(4, dtype=np.int64))
    assert str(caught.value) == (
        "An interval by cluster needs at least 2 clusters that count, got 1. Use the interval by "
        "image."
    )
