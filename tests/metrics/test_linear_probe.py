"""Linear probes: what is planted is found, what is not is at chance."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from cuelens.errors import ConfigError, RangeError
from cuelens.metrics import LinearProbe
from cuelens.metrics.linear_probe import discriminants


def planted(rows, seed, *, columns=30, noise=0.5):
    """Return features whose first five columns tell "told", and nothing tells "hidden"."""
    rng = np.random.default_rng(seed)
    told, hidden = rng.integers(0, 5, rows), rng.integers(0, 4, rows)
    features = rng.normal(0, 1, (rows, columns))
    features[:, :5] = np.eye(5)[told] + noise * features[:, :5]
    return features, {"told": told, "hidden": hidden}


@pytest.mark.parametrize(("columns", "at_least"), [(30, 0.95), (400, 0.75)])
def test_a_planted_label_is_found_and_another_is_at_chance(columns, at_least):
    train, labels = planted(300, 0, columns=columns, noise=0.2)
    test, test_labels = planted(1000, 1, columns=columns, noise=0.2)
    found = LinearProbe()(train, labels, test, test_labels)
    assert found["told"].accuracy.low > at_least
    assert found["told"].accuracy.n == 1000
    hidden = found["hidden"]
    assert hidden.accuracy.low < 0.25 < hidden.accuracy.high
    assert hidden.chance == np.bincount(test_labels["hidden"]).max() / 1000


@pytest.mark.parametrize("shape", [(60, 10), (20, 50)])
def test_scores_are_those_of_normal_distributions_of_one_covariance(shape):
    rng = np.random.default_rng(0)
    codes = np.arange(shape[0]) % 3
    features = rng.normal(size=shape) + codes[:, None]
    asked = rng.normal(size=(7, shape[1]))
    means = np.stack([features[codes == code].mean(0) for code in range(3)])
    within = features - means[codes]
    covariance = within.T @ within / shape[0]
    for penalty, found in zip(
        (0.1, 3.0), discriminants(features, codes, asked, 3, (0.1, 3.0)), strict=True
    ):
        added = penalty * np.trace(covariance) / shape[1]
        spread = covariance + added * np.eye(shape[1])
        expected = np.stack(
            [
                multivariate_normal.logpdf(asked, mean, spread) + np.log(np.mean(codes == code))
                for code, mean in enumerate(means)
            ],
            axis=1,
        )
        apart = expected - expected[:, :1]
        np.testing.assert_allclose(found - found[:, :1], apart, atol=1e-8)


def test_a_class_without_rows_is_never_answered():
    rng = np.random.default_rng(0)
    (scores,) = discriminants(rng.normal(size=(9, 3)), np.arange(9) % 2, np.ones((4, 3)), 3, (1.0,))
    assert np.isneginf(scores[:, 2]).all()
    assert np.isfinite(scores[:, :2]).all()


def test_units_of_features_and_columns_that_never_change_do_not_matter():
    train, labels = planted(200, 0)
    test, test_labels = planted(200, 1)
    plain = LinearProbe()(train, labels, test, test_labels)
    scale = np.geomspace(1e-3, 1e3, 30)
    still = [np.hstack([rows * scale + 7, np.full((200, 2), 3.0)]) for rows in (train, test)]
    moved = LinearProbe()(still[0], labels, still[1], test_labels)
    assert moved["told"].accuracy.value == pytest.approx(plain["told"].accuracy.value, abs=0.02)


def test_features_that_are_all_alike_give_chance():
    _, labels = planted(40, 0)
    found = LinearProbe()(np.ones((40, 3)), labels, np.ones((40, 3)), labels)
    assert found["told"].accuracy.value <= found["told"].chance
    assert found["told"].penalty == 100.0


def test_the_penalty_is_chosen_by_chance_that_the_seed_keys():
    train, labels = planted(80, 0, noise=1.0)
    test, test_labels = planted(80, 1, noise=1.0)
    one, same = (LinearProbe(seed=3)(train, labels, test, test_labels) for _ in range(2))
    assert one == same


def test_classes_that_were_never_learned_count_as_wrong():
    train, labels = planted(100, 0)
    found = LinearProbe()(train, labels, train, {name: one + 9 for name, one in labels.items()})
    assert found["told"].accuracy.value == 0.0


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"penalties": ()}, "`penalties` must be positive, at least one, got ()."),
        ({"penalties": (0.0, 1.0)}, "`penalties` must be positive, at least one, got (0.0, 1.0)."),
        ({"penalties": (2.0, 1.0)}, "`penalties` must increase, got (2.0, 1.0)."),
        ({"validation": 1.0}, "`validation` must be between 0 and 1, got 1."),
        ({"seed": -1}, "`seed` must be at least 0, got -1."),
    ],
)
def test_settings_outside_their_range_are_refused(settings, words):
    with pytest.raises(ConfigError) as caught:
        LinearProbe(**settings)
    assert str(caught.value) == words


def test_what_cannot_be_probed_is_refused_in_words():
    train, labels = planted(20, 0)
    with pytest.raises(ConfigError) as caught:
        LinearProbe()(train[:3], {"a": labels["told"][:3]}, train, {"a": labels["told"]})
    assert str(caught.value) == (
        "A linear probe needs at least 4 rows to learn from and 1 to be tested on, got 3 and 20. "
        "Take more images."
    )
    with pytest.raises(ConfigError) as caught:
        LinearProbe()(train, labels, train, {"told": labels["told"]})
    assert str(caught.value) == (
        "`labels` and `test_labels` must have the same names, got told, hidden and told."
    )
    bad = train.copy()
    bad[3, 2] = np.nan
    with pytest.raises(RangeError) as caught:
        LinearProbe()(train, labels, bad, labels)
    assert str(caught.value) == (
        "`test_features` must be finite, got 1 of 600 that are not. Look at the network's weights "
        "and its input specification."
    )
