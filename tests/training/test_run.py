"""A single run, step by step: what stops it, what it validates and what it keeps."""

from dataclasses import dataclass, replace

import pytest
import torch

import cuelens.training.objectives as objectives
import cuelens.training.validation as module
from cuelens.attacks import PGD
from cuelens.balls import Linf
from cuelens.errors import TrainingError
from cuelens.training import Constant, MinMax, Standard
from cuelens.training.checkpoints import load_checkpoint
from cuelens.training.objectives import mean_cross_entropy
from cuelens.training.run import Run

ADVICE = "Lower the learning rate and train into another folder."
WILD = "infinite or not-a-number ones"


def weights(run: Run) -> dict[str, torch.Tensor]:
    return {
        name: value.detach().clone() for name, value in run.classifier.network.named_parameters()
    }


def same(one: dict[str, torch.Tensor], two: dict[str, torch.Tensor]) -> bool:
    return one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)


def momenta(run: Run) -> dict[str, torch.Tensor]:
    return {
        name: run._optimiser.state[parameter]["momentum_buffer"]
        for name, parameter in run.classifier.network.named_parameters()
    }


def layout(tensor: torch.Tensor) -> list[int]:
    """Return the strides that matter: those of axes longer than 1."""
    return [stride for stride, size in zip(tensor.stride(), tensor.shape, strict=True) if size > 1]


@dataclass(frozen=True)
class Poisoned(Standard):
    """Standard training whose images are no numbers from one step on."""

    at: int = 0

    def __call__(self, learner, classify, lesson):
        spoilt = lesson.images * (float("nan") if lesson.step >= self.at else 1)
        return mean_cross_entropy(learner, spoilt, lesson.labels)


def spoil(run: Run) -> None:
    with torch.no_grad():
        next(run.classifier.network.parameters())[0, 0, 0, 0] = float("inf")


def test_a_loss_that_is_not_a_number_stops_before_the_weights_are_spoiled(
    make_training, recipes, path
):
    run = Run(make_training(replace(recipes["standard"], objective=Poisoned(at=2))), path)
    run.step()
    run.step()
    run.save(1.0)
    before = weights(run)
    with pytest.raises(TrainingError) as caught:
        run.step()
    assert str(caught.value) == (
        f"The loss must stay finite, got nan after 2 of 6 steps. The checkpoint of step 2 is kept "
        f"at {path}. {ADVICE}"
    )
    assert same(weights(run), before)
    kept = load_checkpoint(path, key=run.training.key)
    assert kept.step == 2
    assert all(torch.equal(kept.network[name], value) for name, value in before.items())


def test_a_gradient_that_is_not_a_number_stops_before_the_weights_are_spoiled(
    make_training, path, monkeypatch
):
    def flat_but_steep(logits, labels):
        return (logits * 0).abs().sqrt().sum()  # 0, with an infinite slope

    monkeypatch.setattr(objectives, "cross_entropy", flat_but_steep)
    run = Run(make_training(), path)
    before = weights(run)
    with pytest.raises(TrainingError) as caught:
        run.step()
    assert str(caught.value) == (
        "The length of the gradient must stay finite, got nan after 0 of 6 steps. No checkpoint "
        f"was due yet. {ADVICE}"
    )
    assert same(weights(run), before)
    assert not path.exists()


def test_an_attack_on_a_network_that_diverged_stops(make_training, recipes, path):
    objective = replace(recipes["min-max"].objective, warm_up=0.0)
    run = Run(make_training(replace(recipes["min-max"], objective=objective)), path)
    spoil(run)
    with pytest.raises(TrainingError) as caught:
        run.step()
    assert str(caught.value) == (
        f"The logits must stay finite, got {WILD} after 0 of 6 steps. No checkpoint was due yet. "
        f"{ADVICE}"
    )


def test_an_attack_in_validation_on_a_network_that_diverged_stops(make_training, recipes, path):
    run = Run(make_training(recipes["min-max"]), path)
    run.step()
    run.save(1.0)
    spoil(run)
    with pytest.raises(TrainingError) as caught:
        run.validate(1.0)
    assert str(caught.value) == (
        f"The logits must stay finite, got {WILD} after 1 of 6 steps. The checkpoint of step 1 is "
        f"kept at {path}. {ADVICE}"
    )


def test_a_network_that_diverged_is_never_written(make_training, path):
    run = Run(make_training(), path)
    run.step()
    run.save(1.0)
    kept = path.read_bytes()
    run.step()
    spoil(run)
    with pytest.raises(TrainingError) as caught:
        run.save(2.0)
    assert str(caught.value) == (
        f"The weights and statistics must stay finite, got {WILD} after 2 of 6 steps. The "
        f"checkpoint of step 1 is kept at {path}. {ADVICE}"
    )
    assert path.read_bytes() == kept


def test_validation_sees_the_network_as_it_is_now(make_training, path, monkeypatch):
    seen = []

    def watch(classifier, dataset, **_settings):
        seen.append(classifier(dataset.images(torch.arange(12))))
        return 0.5

    monkeypatch.setattr(module, "accuracy", watch)
    run = Run(make_training(), path)
    images = run.training.validation.images(torch.arange(12))
    for _ in range(3):
        run.step()
        run.validate(1.0)
        run.classifier.network.eval()
        with torch.no_grad():
            exact = run.classifier(images)
        assert (seen[-1] - exact).norm() < 0.05 * exact.norm()
    assert not torch.equal(seen[0], seen[1])


def test_an_attack_sees_the_network_as_it_is_now(make_training, recipes, path):
    seen = []

    @dataclass(frozen=True)
    class Watching(Standard):
        @property
        def ball(self):
            return Linf(radius=0.1)

        def __call__(self, learner, classify, lesson):
            run.classifier.network.eval()
            with torch.no_grad():
                seen.append((classify(lesson.images), run.classifier(lesson.images)))
            run.classifier.network.train()
            return mean_cross_entropy(learner, lesson.images, lesson.labels)

    run = Run(make_training(replace(recipes["standard"], objective=Watching())), path)
    for _ in range(3):
        run.step()
    for quick, exact in seen:
        assert (quick - exact).norm() < 0.05 * exact.norm()
    assert len(seen) == 3


def test_a_step_trains_in_train_mode_and_leaves_the_validation_in_eval_mode(make_training, path):
    run = Run(make_training(), path)
    run.step()
    assert all(layer.training for layer in run.classifier.network.modules())
    run.validate(1.0)
    assert not any(layer.training for layer in run.classifier.network.modules())


def test_weights_fall_by_the_decay_alone_where_the_loss_is_flat(make_training, recipes, path):
    recipe = replace(
        recipes["standard"], schedule=Constant(rate=0.5), weight_decay=0.1, momentum=0.0
    )
    run = Run(make_training(recipe), path)
    before = weights(run)["conv.weight"]
    run.step()
    # A convolution in front of a batch norm has no gradient along itself.
    after = weights(run)["conv.weight"]
    along = (after * before).sum() / before.square().sum()
    assert float(along) == pytest.approx(1 - 0.5 * 0.1, abs=2e-3)


def test_momentum_carries_a_step_on(make_training, recipes, path):
    """The second step is the new gradient plus 0.9 times the first."""
    quick = replace(recipes["standard"], momentum=0.9, weight_decay=0.0)
    runs = [Run(make_training(replace(quick, momentum=momentum)), path) for momentum in (0.9, 0.0)]
    starts = [weights(run)["classify.bias"] for run in runs]
    for run in runs:
        run.step()
    first = [weights(run)["classify.bias"] for run in runs]
    assert torch.equal(*first)  # momentum has nothing to carry yet
    for run in runs:
        run.step()
    second = [weights(run)["classify.bias"] for run in runs]
    carried = (second[0] - second[1]) / (first[0] - starts[0])
    torch.testing.assert_close(carried, torch.full_like(carried, 0.9), rtol=1e-4, atol=1e-4)


def test_without_momentum_there_are_no_buffers_to_keep(make_training, recipes, path):
    training = make_training(replace(recipes["standard"], momentum=0.0))
    run = Run(training, path)
    run.step()
    run.save(1.0)
    assert load_checkpoint(path, key=training.key).momenta == {}
    again = Run(training, path)
    assert again.step() == run.step()
    assert same(weights(again), weights(run))


@pytest.mark.parametrize("kind", ["standard", "min-max"])
def test_momenta_keep_their_layout(make_training, recipes, path, kind):
    """Sums over another layout may round otherwise."""
    training = make_training(recipes[kind])
    run = Run(training, path)
    run.step()
    run.save(1.0)
    again = Run(training, path)
    for parameter, buffer in momenta(run).items():
        restored = momenta(again)[parameter]
        assert torch.equal(restored, buffer)
        assert layout(restored) == layout(buffer)


def test_a_checkpoint_holds_weights_momenta_and_best_weights_and_little_more(make_training, path):
    run = Run(make_training(), path)
    for _ in range(3):
        run.step()
    run.validate(1.0)
    run.save(1.0)
    numbers = sum(value.numel() for value in run.classifier.network.state_dict().values())
    assert path.stat().st_size < 3 * 4 * numbers + 20_000


class TestTheBestValidation:
    """Accuracies are planted: which weights are kept?"""

    @staticmethod
    def kept(make_training, path, monkeypatch, recipe, accuracies, robust=()):
        planted, planted_robust = iter(accuracies), iter(robust)
        monkeypatch.setattr(module, "accuracy", lambda *_, **__: next(planted))
        monkeypatch.setattr(module, "robust_accuracy", lambda *_, **__: next(planted_robust))
        run = Run(make_training(recipe), path)
        states = []
        for _ in accuracies:
            run.step()
            run.validate(1.0)
            states.append({k: v.clone() for k, v in run.classifier.network.state_dict().items()})
        best = run.checkpoint.best
        flags = [bool(entry.get("best")) for entry in run.checkpoint.history]
        (place,) = (place for place, state in enumerate(states) if same(state, best))
        assert place == max(i for i, flag in enumerate(flags) if flag)
        return place, flags

    def test_is_the_most_accurate(self, make_training, recipes, path, monkeypatch):
        accuracies = [0.5, 0.9, 0.7, 0.8]
        kept = self.kept(make_training, path, monkeypatch, recipes["standard"], accuracies)
        assert kept == (1, [True, True, False, False])

    def test_is_the_later_of_two_alike(self, make_training, recipes, path, monkeypatch):
        accuracies = [0.5, 0.9, 0.9, 0.8]
        kept = self.kept(make_training, path, monkeypatch, recipes["standard"], accuracies)
        assert kept == (2, [True, True, True, False])

    def test_is_the_most_robust_where_training_attacks(
        self, make_training, recipes, path, monkeypatch
    ):
        kept = self.kept(
            make_training,
            path,
            monkeypatch,
            recipes["min-max"],
            accuracies=[0.9, 0.6, 0.5],
            robust=[0.1, 0.4, 0.3],
        )
        assert kept == (1, [True, True, False])

    @pytest.mark.parametrize("kind", ["standard", "min-max"])
    def test_is_the_nearest_to_the_target_where_there_is_one(
        self, make_training, recipes, path, monkeypatch, kind
    ):
        recipe = replace(recipes[kind], stop_at_accuracy=0.6)
        kept = self.kept(make_training, path, monkeypatch, recipe, [0.3, 0.58, 0.5, 0.66])
        assert kept == (1, [True, True, False, False])


def test_robust_accuracy_is_measured_against_the_threat_of_the_training(
    make_training, recipes, path, monkeypatch
):
    asked = []

    def watch(classifier, dataset, *, ball, seed, **_settings):
        asked.append((ball, seed))
        return 0.5

    monkeypatch.setattr(module, "robust_accuracy", watch)
    attack = PGD(ball=Linf(radius=0.3), step=0.2, steps=1)
    recipe = replace(recipes["min-max"], objective=MinMax(attack=attack, warm_up=5.0))
    run = Run(make_training(recipe, seed=4), path)
    run.step()
    run.validate(1.25)
    assert asked == [(Linf(radius=0.3), 4)]
    (entry,) = run.checkpoint.history
    assert entry == {
        "epoch": 1 / 3,
        "loss": 1.25,
        "accuracy": entry["accuracy"],
        "robust_accuracy": 0.5,
        "best": True,
    }
