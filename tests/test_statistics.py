import numpy as np
import pytest
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import binom
from scipy.stats import norm as normal
from statsmodels.stats.contingency_tables import mcnemar as other_mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from cuelens.errors import ConfigError, RangeError
from cuelens.statistics import (
    Z,
    clopper_pearson,
    holm,
    mcnemar,
    paired_difference,
    require_finite,
    wilson,
)

SHAPE_BIASES = [
    (162, 572, 0.2207, "0.192", "0.252"),
    (163, 597, 0.2145, "0.187", "0.245"),
    (130, 625, 0.1722, "0.147", "0.201"),
    (228, 503, 0.3119, "0.279", "0.346"),
    (283, 376, 0.4294, "0.392", "0.468"),
    (586, 141, 0.8061, "0.776", "0.833"),
]


def test_wilson_gives_the_published_limits():
    found = wilson(162, 734)
    assert (round(found.low, 5), round(found.high, 5), found.n) == (0.19220, 0.25212, 734)
    nothing = wilson(0, 10)
    assert (nothing.value, nothing.low, round(nothing.high, 5)) == (0.0, 0.0, 0.27753)
    assert wilson(10, 10).high == 1.0


@pytest.mark.parametrize(("shape", "texture", "bias", "low", "high"), SHAPE_BIASES)
def test_wilson_gives_the_intervals_of_published_shape_biases(shape, texture, bias, low, high):
    found = wilson(shape, shape + texture)
    assert round(found.value, 4) == bias
    assert (f"{found.low:.3f}", f"{found.high:.3f}") == (low, high)


def test_pooled_people_have_the_published_shape_bias():
    assert round(wilson(9236, 9236 + 398).value, 4) == 0.9587


def test_clopper_pearson_gives_the_published_limits():
    found = clopper_pearson(162, 734)
    assert (round(found.low, 5), round(found.high, 5)) == (0.19120, 0.25248)


@pytest.mark.parametrize("successes", [0, 1, 17, 49, 50])
@pytest.mark.parametrize(("ours", "name"), [(wilson, "wilson"), (clopper_pearson, "beta")])
def test_rates_agree_with_statsmodels(ours, name, successes):
    found = ours(successes, 50)
    expected = proportion_confint(successes, 50, method=name)
    np.testing.assert_allclose((found.low, found.high), expected, atol=1e-12)


@pytest.mark.parametrize("n", [50, 200, 1000, 5000])
def test_wilson_covers_as_the_protocol_asks(n):
    counts = np.arange(n + 1)
    limits = [wilson(int(count), n) for count in counts]
    low, high = (np.array([getattr(each, end) for each in limits]) for end in ("low", "high"))
    rates = np.linspace(0.02, 0.98, 97)
    coverage = np.array([binom.pmf(counts, n, r)[(low <= r) & (r <= high)].sum() for r in rates])
    assert 0.935 <= coverage.mean() <= 0.965
    assert coverage.min() >= 0.92


def test_mcnemar_gives_the_published_p_values():
    assert round(mcnemar(55, 57), 3) == 0.925
    assert f"{mcnemar(27, 452):.1e}" == "1.4e-100"


@pytest.mark.parametrize("counts", [(0, 0), (0, 1), (3, 9), (55, 57), (120, 80), (10, 10)])
def test_mcnemar_agrees_with_statsmodels(counts):
    table = [[7, counts[0]], [counts[1], 5]]
    expected = other_mcnemar(table, exact=True).pvalue if sum(counts) else 1.0
    assert mcnemar(*counts) == pytest.approx(min(1.0, expected), rel=1e-12)


@pytest.mark.parametrize(
    ("only_first", "only_second", "n", "low", "high"),
    [(1, 7, 21, "-0.517", "-0.026"), (6, 16, 161, "-0.124", "-0.005")],
)
def test_the_paired_difference_gives_published_limits(only_first, only_second, n, low, high):
    # Tango's interval for the examples of Fagerland, Lydersen and Laake, 2014,
    # https://doi.org/10.1002/sim.6148.
    found = paired_difference(only_first, only_second, n)
    assert (f"{found.low:.3f}", f"{found.high:.3f}") == (low, high)


def tango_by_search(only_first, only_second, n):
    """Return Tango's limits with the nuisance rate found by maximising the likelihood."""

    def score(difference):
        def loss(rate):  # of "only second"; "only first" is it plus the difference
            cells = (rate + difference, rate, 1 - 2 * rate - difference)
            counts = (only_first, only_second, n - only_first - only_second)
            if min(cells) < 0:
                return np.inf
            return -sum(k * np.log(max(p, 1e-300)) for k, p in zip(counts, cells, strict=True))

        bounds = (max(0.0, -difference), (1 - difference) / 2)
        rate = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-12}).x
        variance = n * (2 * rate + difference - difference**2)
        return (only_first - only_second - n * difference) / np.sqrt(max(variance, 1e-300))

    value = (only_first - only_second) / n
    z = normal.ppf(0.975)
    return (
        brentq(lambda d: score(d) - z, -0.999, value),
        brentq(lambda d: score(d) + z, value, 0.999),
    )


@pytest.mark.parametrize("counts", [(40, 20, 160), (12, 2, 50), (3, 1, 500), (5, 4, 12)])
def test_the_paired_difference_agrees_with_a_search_over_the_likelihood(counts):
    found = paired_difference(*counts)
    np.testing.assert_allclose((found.low, found.high), tango_by_search(*counts), atol=1e-5)


@pytest.mark.parametrize("counts", [(40, 20, 160), (9, 1, 60), (1, 9, 60)])
def test_the_paired_difference_excludes_zero_where_the_score_test_rejects(counts):
    only_first, only_second, _ = counts
    rejects = abs(only_first - only_second) / np.sqrt(only_first + only_second) > Z
    found = paired_difference(*counts)
    assert rejects == (found.low > 0 or found.high < 0)


def test_the_paired_difference_holds_at_the_edges():
    assert paired_difference(0, 0, 30).low == pytest.approx(-paired_difference(0, 0, 30).high)
    assert paired_difference(0, 0, 30).high > 0.05
    assert paired_difference(10, 0, 10).high == 1.0
    assert paired_difference(0, 10, 10).low == -1.0
    turned = paired_difference(2, 12, 50)
    straight = paired_difference(12, 2, 50)
    assert (turned.low, turned.high) == pytest.approx((-straight.high, -straight.low), abs=1e-9)


@pytest.mark.parametrize("cells", [(0.02, 0.02), (0.1, 0.3), (0.005, 0.06), (0.45, 0.45)])
def test_the_paired_difference_covers_its_truth(cells):
    rng = np.random.default_rng(3)
    draws = rng.multinomial(50, (*cells, 1 - sum(cells)), size=1500)
    kinds, times = np.unique(draws, axis=0, return_counts=True)
    truth = cells[0] - cells[1]
    limits = [paired_difference(int(a), int(b), 50) for a, b, _ in kinds]
    hits = sum(t for e, t in zip(limits, times, strict=True) if e.low <= truth <= e.high)
    assert 0.925 <= hits / len(draws) <= 0.985


@pytest.mark.parametrize("p_values", [[0.01, 0.04, 0.03], [0.5], [0.2, 0.2, 0.001, 0.9], []])
def test_holm_agrees_with_statsmodels(p_values):
    expected = multipletests(p_values, method="holm")[1] if p_values else []
    np.testing.assert_allclose(holm(p_values), expected)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: wilson(0, 0),
            (
                "`n` must be at least 1, got 0. A rate of no images is unknown: leave it out and "
                "say why."
            ),
        ),
        (lambda: wilson(11, 10), "`successes` must be between 0 and `n` = 10, got 11."),
        (
            lambda: paired_difference(6, 6, 10),
            "`only_first + only_second` must be between 0 and `n` = 10, got 12.",
        ),
        (
            lambda: mcnemar(-1, 3),
            "`only_first` and `only_second` must be at least 0, got -1 and 3.",
        ),
        (lambda: holm([0.1, 1.5]), "`p_values` must lie in [0, 1], got 1.5."),
    ],
)
def test_wrong_counts_are_refused_in_words(call, message):
    with pytest.raises(ConfigError) as caught:
        call()
    assert str(caught.value) == message


def test_what_is_not_a_number_is_refused_in_words():
    with pytest.raises(RangeError) as caught:
        require_finite(values=np.array([1.0, np.nan, np.inf]))
    assert str(caught.value) == (
        "`values` must hold finite numbers, got 2 of 3 that are not. Find the images that they "
        "belong to, and leave them out of every model."
    )
