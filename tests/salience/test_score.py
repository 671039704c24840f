"""What is explained: values and gradients against softmax, and where softmax rounds to 1."""

import pytest
import torch

from cuelens.errors import ArgumentError, ModelError
from cuelens.losses import cross_entropy
from cuelens.salience import Gradient, InputXGradient, Score
from cuelens.salience.score import require_score

LOGITS = torch.tensor([[2.0, -1.0, 0.5, 0.0], [0.0, 0.0, 0.0, 0.0]], dtype=torch.float64)
LABELS = torch.tensor([0, 3])


def test_each_score_is_what_its_name_says():
    probabilities = LOGITS.softmax(1)[[0, 1], LABELS]
    torch.testing.assert_close(Score.PROBABILITY(LOGITS, LABELS), probabilities)
    torch.testing.assert_close(Score.LOG_PROBABILITY(LOGITS, LABELS), probabilities.log())
    torch.testing.assert_close(Score.CROSS_ENTROPY(LOGITS, LABELS), -probabilities.log())
    assert Score.LOGIT(LOGITS, LABELS).tolist() == [2.0, 0.0]
    assert float(Score.PROBABILITY(LOGITS, LABELS)[1]) == pytest.approx(0.25, abs=1e-15)


@pytest.mark.parametrize("score", list(Score))
def test_a_score_reads_back_as_itself(score):
    assert eval(repr(score)) is score  # noqa: S307 - the object is the configuration
    assert Score(score.value) is score


@pytest.mark.parametrize(
    ("score", "reference"),
    [
        (Score.LOGIT, lambda logits: logits),
        (Score.PROBABILITY, lambda logits: logits.softmax(1)),
        (Score.LOG_PROBABILITY, lambda logits: logits.log_softmax(1)),
        (Score.CROSS_ENTROPY, lambda logits: -logits.log_softmax(1)),
    ],
    ids=lambda value: getattr(value, "value", ""),
)
def test_gradients_are_those_of_torchs_softmax(score, reference, network, images, labels, chance):
    leaf = images.clone().requires_grad_()
    reference(network(leaf)).gather(1, labels[:, None]).sum().backward()
    maps = Gradient(score=score)(network, images, labels, chance=chance)
    torch.testing.assert_close(maps, leaf.grad, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("score", [Score.PROBABILITY, Score.LOG_PROBABILITY])
def test_a_sure_answer_still_has_a_gradient_in_float32(score):
    """torch's softmax rounds to 1 here, and its gradient to 0."""

    def gradient(kind: torch.dtype) -> torch.Tensor:
        logits = torch.tensor([[20.0, -5.0, 0.0]], dtype=kind, requires_grad=True)
        score(logits, torch.tensor([0])).sum().backward()
        return logits.grad

    assert float(torch.tensor([[20.0, -5.0, 0.0]]).softmax(1)[0, 0]) == 1.0
    torch.testing.assert_close(
        gradient(torch.float32).double(), gradient(torch.float64), rtol=1e-5, atol=0
    )
    assert float(gradient(torch.float32)[0, 0]) == pytest.approx(2.06e-9, rel=0.01)


def test_the_cross_entropy_falls_as_the_log_probability_rises(network, images, labels, chance):
    loss = Gradient(score=Score.CROSS_ENTROPY)(network, images, labels, chance=chance)
    gain = Gradient(score=Score.LOG_PROBABILITY)(network, images, labels, chance=chance)
    torch.testing.assert_close(loss, -gain, rtol=1e-12, atol=1e-14)


def test_input_times_gradient_of_a_linear_model_adds_up_to_its_logit(
    linear, weights, images, labels, chance
):
    maps = InputXGradient(score=Score.LOGIT)(linear, images, labels, chance=chance)
    assert torch.equal(maps, weights[labels].view_as(images) * images)
    logits = linear(images).gather(1, labels[:, None])[:, 0]
    torch.testing.assert_close(maps.sum((1, 2, 3)), logits)


def test_where_an_image_is_black_it_adds_nothing(network, images, labels, chance):
    images[:, :, :4] = 0
    maps = InputXGradient()(network, images, labels, chance=chance)
    assert not maps[:, :, :4].any()
    assert maps[:, :, 4:].all(1).any()


def test_the_cross_entropy_stays_what_records_were_made_with():
    expected = cross_entropy(LOGITS, LABELS)
    assert torch.equal(Score.CROSS_ENTROPY(LOGITS, LABELS), expected)


@pytest.mark.parametrize("score", Score)
@pytest.mark.parametrize("shape", [(2, 3, 8, 8), (2,), (1, 3), (2, 0)])
def test_what_is_no_row_of_logits_an_image_is_refused(score, shape):
    with pytest.raises(ModelError) as caught:
        score(torch.zeros(shape), torch.tensor([0, 0]))
    assert str(caught.value) == (
        f"The classifier must return logits of shape (batch, class), expected (2, 1 or more), got "
        f"{shape}. Give a function that returns one row of logits an image."
    )


@pytest.mark.parametrize(
    ("given", "remedy"),
    [
        ("logit", "Did you mean Score.LOGIT?"),
        ("log-probability", "Did you mean Score.LOG_PROBABILITY?"),
        ("LOGIT", "Did you mean Score.LOGIT?"),
        ("logits", "Such as `Score.LOGIT`."),
        (None, "Such as `Score.LOGIT`."),
    ],
)
def test_the_name_of_a_score_is_no_score(given, remedy):
    with pytest.raises(ArgumentError) as caught:
        require_score(given)
    assert str(caught.value) == (
        f"`score` must be a `cuelens.salience.Score`, got {given!r}. {remedy}"
    )
