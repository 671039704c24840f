"""Expected gradients: linear models, where they are known, and the references they draw."""

from dataclasses import dataclass

import jaxtyping
import pytest
import torch

from cuelens.datasets import CueControlled
from cuelens.errors import ArgumentError, ConfigError
from cuelens.salience import (
    ConstantColour,
    ExpectedGradients,
    IntegratedGradients,
    References,
    Score,
)


@dataclass(frozen=True, kw_only=True)
class Greys:
    """References of one grey each, from black to white; notes which rows are asked for."""

    count: int
    asked: list[int]
    fingerprint: str = "greys"

    def __len__(self) -> int:
        return self.count

    def images(self, rows: torch.Tensor) -> torch.Tensor:
        self.asked.extend(rows.tolist())
        values = rows / max(1, self.count - 1)
        return values.view(-1, 1, 1, 1).expand(-1, 3, 9, 8)


@pytest.fixture
def greys():
    return Greys(count=5, asked=[])


def test_every_data_set_is_a_source_of_references(greys):
    assert isinstance(greys, References)
    assert isinstance(CueControlled(count=3), References)


def test_of_a_linear_model_they_are_the_weights_times_the_mean_difference(
    linear, weights, images, labels, chance, greys
):
    method = ExpectedGradients(references=greys, samples=1_000, batch_size=1_000, score=Score.LOGIT)
    maps = method(linear, images, labels, chance=chance)
    # The mean grey is 1/2; that of 1,000 draws has a standard error of .35 / 32.
    grey = images - maps / weights[labels].view_as(images)
    torch.testing.assert_close(grey, torch.full_like(grey, 0.5), rtol=0, atol=0.05)
    assert set(greys.asked) == set(range(5))


def test_one_reference_gives_integrated_gradients(network, images, labels, chance):
    black = Greys(count=1, asked=[])
    maps = ExpectedGradients(references=black, samples=1_000, batch_size=1_000)(
        network, images, labels, chance=chance
    )
    integrated = IntegratedGradients(baselines=(ConstantColour(value=0),), steps=300)
    expected = integrated(network, images, labels, chance=chance)
    assert float((maps - expected).norm() / expected.norm()) < 0.05


def test_the_sum_is_the_score_less_the_references_mean_score(
    network, images, labels, chance, greys
):
    maps = ExpectedGradients(references=greys, samples=1_000, batch_size=1_000)(
        network, images, labels, chance=chance
    )
    references = greys.images(torch.arange(5)).double()
    network.requires_grad_(requires_grad=False)
    for row in range(6):
        mine, own = labels[row, None], images[row, None]
        others = Score.CROSS_ENTROPY(network(references), mine.expand(5)).mean()
        expected = float(Score.CROSS_ENTROPY(network(own), mine) - others)
        assert float(maps[row].sum()) == pytest.approx(expected, abs=0.1)


def test_an_image_that_is_the_only_reference_has_an_empty_map(network, labels, chance):
    black = torch.zeros(6, 3, 9, 8, dtype=torch.float64)
    method = ExpectedGradients(references=Greys(count=1, asked=[]), samples=3)
    assert not method(network, black, labels, chance=chance).any()


@pytest.mark.parametrize("batch_size", [1, 4, 7, 1000])
def test_the_internal_batch_size_changes_no_bit(
    one_by_one, images, labels, chance, greys, batch_size
):
    expected = ExpectedGradients(references=greys, samples=5)(
        one_by_one, images, labels, chance=chance
    )
    method = ExpectedGradients(references=greys, samples=5, batch_size=batch_size)
    assert torch.equal(method(one_by_one, images, labels, chance=chance), expected)


def test_no_reference_is_read_twice_for_one_pass(linear, images, labels, chance, greys):
    ExpectedGradients(references=greys, samples=1)(linear, images, labels, chance=chance)
    assert len(greys.asked) == len(set(greys.asked))


def test_no_references_are_refused():
    with pytest.raises(ConfigError) as caught:
        ExpectedGradients(references=Greys(count=0, asked=[]))
    assert str(caught.value) == "`references` must hold at least one image, got none."


def test_references_of_another_size_are_refused(network, images, labels, chance):
    method = ExpectedGradients(references=CueControlled(count=3, size=32), samples=2)
    with pytest.raises(ConfigError) as caught:
        method(network, images, labels, chance=chance)
    assert str(caught.value) == (
        "`references` must be of the images' size, (channel, height, width) = (3, 9, 8), got "
        "(3, 32, 32). Open the references at the size of the images."
    )


def test_references_must_be_a_data_set(monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)  # as where nothing is tested
    with pytest.raises(ArgumentError) as caught:
        ExpectedGradients(references=torch.rand(2, 3, 4, 4))
    assert str(caught.value) == (
        "`references` must be a data set, or what has its `images(rows)`, `fingerprint` and "
        "length, got a value of type Tensor. Open images with one of `cuelens.datasets`, such as "
        "`ImageFolder`."
    )
