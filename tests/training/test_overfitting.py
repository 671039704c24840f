"""Catastrophic overfitting is told from a bad epoch, and training goes back to the sound one."""

from dataclasses import replace

import pytest

import cuelens.training.validation as run_module
from cuelens.attacks import PGD
from cuelens.balls import Linf
from cuelens.errors import ConfigError
from cuelens.training import Constant, MinMax, OverfittingProbe, Recipe, Training, train
from cuelens.training.validation import attacked_accuracy, robust_accuracy

STEP = PGD(ball=Linf(radius=0.1), step=0.125, steps=1)


def entries(*pairs: tuple[float, float]) -> list[dict[str, float]]:
    return [{"robust_accuracy": robust, "attacked_accuracy": own} for robust, own in pairs]


@pytest.mark.parametrize(
    ("last", "found"),
    [
        ((0.0, 0.9), True),  # the signature: ten steps break what one step does not
        ((0.19, 0.4), True),
        ((0.21, 0.9), False),  # has not fallen by a third
        ((0.1, 0.15), False),  # has fallen under both attacks: a bad epoch
        ((0.35, 0.9), False),  # the best so far
    ],
)
def test_overfitting_is_a_fall_under_pgd_alone(last, found):
    *history, entry = entries((0.1, 0.15), (0.3, 0.35), (0.28, 0.33), last)
    assert OverfittingProbe(fall=1 / 3).overfitted(history, entry) is found


def test_the_first_epoch_is_never_overfitted():
    (entry,) = entries((0.0, 1.0))
    assert not OverfittingProbe().overfitted([], entry)


@pytest.mark.parametrize("fall", [0.0, 1.0, 10.0])
def test_a_fall_that_is_no_share_is_refused(fall):
    with pytest.raises(ConfigError) as caught:
        OverfittingProbe(fall=fall)
    assert str(caught.value) == (
        f"`fall` must be a share between 0 and 1, got {fall}. Usual is 1/3."
    )


def test_an_objective_without_an_attack_cannot_be_probed():
    with pytest.raises(ConfigError) as caught:
        Recipe(probe=OverfittingProbe())
    assert str(caught.value) == (
        "`probe` needs the objective MinMax or Alternating, whose attack it compares with PGD, got "
        "Standard. Leave it out."
    )


@pytest.fixture
def planted(make_training, recipes, monkeypatch):
    """A training of five epochs whose third is found overfitted."""
    robust, own = [0.2, 0.3, 0.05, 0.4, 0.5], [0.25, 0.35, 0.9, 0.4, 0.5]

    def plant() -> Training:
        for name, values in (("robust_accuracy", robust), ("attacked_accuracy", own)):
            left = iter(values)
            monkeypatch.setattr(run_module, name, lambda *_, left=left, **__: next(left))
        recipe = replace(
            recipes["standard"],
            objective=MinMax(attack=STEP),
            epochs=5,
            probe=OverfittingProbe(),
        )
        return make_training(recipe)

    return plant


def bits(classifier) -> list[bytes]:
    return [value.numpy().tobytes() for value in classifier.network.state_dict().values()]


def test_training_ends_and_goes_back_to_the_last_sound_epoch(planted, tmp_path):
    training, states = planted(), []
    trained = train(training, folder=tmp_path / "whole", progress=states.append)
    assert states[-1].step == 9
    assert [entry.get("overfitted", False) for entry in trained.history] == [False, False, True]
    assert (trained.epoch, trained.last_epoch) == (2.0, 2.0)
    assert bits(trained.last) == bits(trained.classifier)


def test_an_overfitted_training_that_is_finished_is_not_repeated(planted, tmp_path):
    first = train(planted(), folder=tmp_path)

    def fail(_):
        raise AssertionError

    again = train(planted(), folder=tmp_path, progress=fail)
    assert bits(again.last) == bits(first.last)
    assert again.history == first.history


def test_it_resumes_on_the_way_to_overfitting(planted, tmp_path):
    expected = train(planted(), folder=tmp_path / "whole")

    def stop(moment):
        if moment.step == 6:
            raise KeyboardInterrupt

    training = planted()
    with pytest.raises(KeyboardInterrupt):
        train(training, folder=tmp_path / "cut", progress=stop, checkpoint_seconds=0)
    resumed = train(training, folder=tmp_path / "cut")
    assert bits(resumed.last) == bits(expected.last)


@pytest.mark.slow
def test_a_run_made_to_overfit_is_caught(make_faint, tmp_path):
    """Single steps of a wide radius, without a random start, on few images."""
    attack = PGD(ball=Linf(radius=24 / 255), step=24 / 255, steps=1, random_start=False)
    recipe = Recipe(
        objective=MinMax(attack=attack, warm_up=3.0),
        epochs=40,
        batch_size=32,
        schedule=Constant(rate=0.05),
        augmentation=None,
        probe=OverfittingProbe(),
    )
    validation = make_faint(200, seed=1)
    training = Training(
        architecture="small-resnet",
        recipe=recipe,
        training=make_faint(320, seed=0),
        validation=validation,
    )
    trained = train(training, folder=tmp_path)
    assert trained.history[-1]["overfitted"]
    assert len(trained.history) < 40
    sound = trained.history[-2]
    ball = Linf(radius=24 / 255)
    robust = robust_accuracy(trained.last, validation, ball=ball, seed=0)
    own = attacked_accuracy(trained.last, validation, attack=attack, seed=0)
    assert robust == pytest.approx(sound["robust_accuracy"], abs=0.05)
    assert own == pytest.approx(sound["attacked_accuracy"], abs=0.05)
    best = max(entry["robust_accuracy"] for entry in trained.history)
    assert trained.history[-1]["robust_accuracy"] < 2 / 3 * best
    assert trained.history[-1]["attacked_accuracy"] > trained.history[-1]["robust_accuracy"] + 0.2
    assert robust_accuracy(trained.classifier, validation, ball=ball, seed=0) == pytest.approx(
        best, abs=0.05
    )
