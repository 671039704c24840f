"""Training learns, resumes bit for bit, and leaves the world as it was."""

import pickle
import random
import signal
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.warm_start import WarmProcess

import cuelens.training.validation as run_module
from cuelens.attacks import PGD
from cuelens.balls import Linf
from cuelens.errors import RunFolderError, StorageError, TrainingError
from cuelens.training import (
    Alternating,
    Constant,
    MinMax,
    OneCycle,
    Recipe,
    Training,
    train,
)
from cuelens.training.checkpoints import load_checkpoint
from cuelens.training.validation import accuracy, robust_accuracy

SCRIPT = Path(__file__).with_name("killed.py")
ADVICE = "Lower the learning rate and train into another folder."


def stop_after(step):
    """Return a progress callback that interrupts as Ctrl-C does."""

    def progress(moment):
        if moment.step == step:
            raise KeyboardInterrupt

    return progress


def bits(trained) -> bytes:
    state = trained.classifier.network.state_dict()
    return pickle.dumps([(name, value.numpy().tobytes()) for name, value in state.items()])


@pytest.fixture(scope="module")
def whole(make_training, recipes, tmp_path_factory):
    """The uninterrupted training of each recipe."""
    return {
        name: train(make_training(recipe), folder=tmp_path_factory.mktemp(name))
        for name, recipe in recipes.items()
    }


class TestResuming:
    @pytest.mark.parametrize("kind", ["standard", "min-max"])
    @pytest.mark.parametrize("step", [2, 3, 4, 6])
    def test_an_interrupted_training_ends_with_the_same_bits(
        self, make_training, recipes, whole, tmp_path, kind, step
    ):
        training = make_training(recipes[kind])
        with pytest.raises(KeyboardInterrupt):
            train(training, folder=tmp_path, progress=stop_after(step), checkpoint_seconds=0)
        steps = []
        resumed = train(
            training, folder=tmp_path, progress=lambda moment: steps.append(moment.step)
        )
        assert steps == list(range(step + 1, 7))
        assert bits(resumed) == bits(whole[kind])
        assert resumed.history == whole[kind].history
        assert resumed.epoch == whole[kind].epoch

    @pytest.mark.parametrize("kind", ["standard", "min-max"])
    def test_a_training_interrupted_at_every_step_ends_with_the_same_bits(
        self, make_training, recipes, whole, tmp_path, kind
    ):
        training = make_training(recipes[kind])
        for step in range(1, 7):
            with pytest.raises(KeyboardInterrupt):
                train(training, folder=tmp_path, progress=stop_after(step), checkpoint_seconds=0)
        assert bits(train(training, folder=tmp_path)) == bits(whole[kind])

    def test_steps_behind_the_last_checkpoint_are_taken_again(self, make_training, whole, tmp_path):
        training, steps = make_training(), []
        with pytest.raises(KeyboardInterrupt):
            train(training, folder=tmp_path, progress=stop_after(5))
        resumed = train(
            training, folder=tmp_path, progress=lambda moment: steps.append(moment.step)
        )
        assert steps == [4, 5, 6]
        assert bits(resumed) == bits(whole["standard"])

    def test_every_schedule_and_objective_resumes(self, make_training, recipes, tmp_path):
        attack = PGD(ball=Linf(radius=0.1), step=0.05, steps=2)
        recipe = replace(
            recipes["standard"],
            objective=Alternating(attack=attack, warm_up=0.5),
            schedule=OneCycle(rate=0.1),
            augmentation=None,
            momentum=0.0,
        )
        training = make_training(recipe)
        expected = train(training, folder=tmp_path / "whole")
        with pytest.raises(KeyboardInterrupt):
            train(training, folder=tmp_path / "cut", progress=stop_after(4), checkpoint_seconds=0)
        assert bits(train(training, folder=tmp_path / "cut")) == bits(expected)

    def test_a_finished_training_is_not_repeated(self, make_training, whole, tmp_path):
        first = train(make_training(), folder=tmp_path)
        again = train(make_training(), folder=tmp_path, progress=stop_after(1))
        assert bits(again) == bits(first) == bits(whole["standard"])
        assert again.seconds == first.seconds > 0

    def test_time_spent_before_an_interruption_counts(self, make_training, tmp_path):
        def slow(moment):
            time.sleep(0.1)
            stop_after(4)(moment)

        with pytest.raises(KeyboardInterrupt):
            train(make_training(), folder=tmp_path, progress=slow, checkpoint_seconds=0)
        assert train(make_training(), folder=tmp_path).seconds > 0.3

    def test_what_a_kill_left_half_written_is_removed(self, make_training, tmp_path):
        stale = tmp_path / ".checkpoint.safetensors.0123456789ab.partial"
        stale.write_bytes(b"half")
        train(make_training(), folder=tmp_path)
        assert [file.name for file in tmp_path.iterdir()] == ["checkpoint.safetensors"]


class TestAFolderOfSomethingElse:
    @pytest.fixture
    def begun(self, make_training, tmp_path):
        with pytest.raises(KeyboardInterrupt):
            train(make_training(), folder=tmp_path, progress=stop_after(2), checkpoint_seconds=0)
        return tmp_path / "checkpoint.safetensors"

    @pytest.mark.parametrize("change", ["recipe", "data", "validation", "network", "seed"])
    def test_is_refused_and_kept(self, make_training, make_noise, recipes, begun, change):
        other = {
            "recipe": {"recipe": replace(recipes["standard"], epochs=3)},
            "data": {"training": make_noise(27, seed=9)},
            "validation": {"validation": make_noise(12, seed=9)},
            "network": {"architecture": "resnet18"},
            "seed": {"seed": 1},
        }[change]
        kept = begun.read_bytes()
        with pytest.raises(RunFolderError) as caught:
            train(make_training(**other), folder=begun.parent)
        assert str(caught.value) == (
            f"Expected a checkpoint of this training at {begun}, got one of another training "
            "(other data, network, recipe, seed or device). Give another folder, or delete it to "
            "start over."
        )
        assert begun.read_bytes() == kept

    def test_with_a_torn_checkpoint_is_refused_and_kept(self, make_training, begun):
        begun.write_bytes(begun.read_bytes()[:-100])
        with pytest.raises(RunFolderError) as caught:
            train(make_training(), folder=begun.parent)
        assert str(caught.value) == (
            f"Expected a checkpoint of this training at {begun}, got one that cannot be read "
            "(Error while deserializing header: incomplete metadata, file not fully covered). "
            "Delete it to start over."
        )

    def test_a_file_in_its_place_is_refused(self, make_training, tmp_path):
        file = tmp_path / "file"
        file.write_text("mine")
        with pytest.raises(StorageError) as caught:
            train(make_training(), folder=file)
        assert str(caught.value) == (
            f"`{file}` must be a place that can be written, got: File exists. Choose another "
            "output folder, or change what is there."
        )
        assert file.read_text() == "mine"


class TestDivergence:
    @pytest.mark.parametrize("kind", ["standard", "min-max"])
    def test_stops_and_keeps_a_finite_checkpoint(self, make_training, recipes, tmp_path, kind):
        wild = replace(recipes[kind], schedule=Constant(rate=1e12), epochs=20)
        training = make_training(wild)
        with pytest.raises(TrainingError) as caught:
            train(training, folder=tmp_path, checkpoint_seconds=0)
        path = tmp_path / "checkpoint.safetensors"
        kept = load_checkpoint(path, key=training.key)
        assert kept.step > 0
        assert all(value.isfinite().all() for value in kept.network.values())
        assert f"after {kept.step} of 60 steps. " in str(caught.value)
        assert str(caught.value).endswith(
            f"The checkpoint of step {kept.step} is kept at {path}. {ADVICE}"
        )

    def test_stops_again_at_the_same_step_when_resumed(self, make_training, recipes, tmp_path):
        training = make_training(
            replace(recipes["standard"], schedule=Constant(rate=1e12), epochs=20)
        )
        messages = []
        for _ in range(2):
            with pytest.raises(TrainingError) as caught:
                train(training, folder=tmp_path, checkpoint_seconds=0)
            messages.append(str(caught.value))
        assert messages[0] == messages[1]


def test_a_full_disk_keeps_the_earlier_checkpoint_and_training_goes_on_from_it(
    make_training, whole, tmp_path, monkeypatch
):
    written, write = [], Path.write_bytes

    def fill(self, data):
        written.append(self)
        if len(written) == 4:
            raise OSError(28, "No space left on device")
        return write(self, data)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", fill)
        with pytest.raises(StorageError, match="full disk") as caught:
            train(make_training(), folder=tmp_path, checkpoint_seconds=0)
    path = tmp_path / "checkpoint.safetensors"
    assert str(caught.value).startswith(f"Writing `{path}` needs ")
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    assert load_checkpoint(path, key=make_training().key).step == 3
    assert bits(train(make_training(), folder=tmp_path)) == bits(whole["standard"])


@pytest.mark.parametrize("kind", ["standard", "min-max"])
def test_the_global_random_state_is_left_alone(make_training, recipes, tmp_path, kind):
    # Python's own is left out: the type checks of the tests draw from it.
    before = torch.get_rng_state(), pickle.dumps(np.random.get_state())  # noqa: NPY002
    train(make_training(recipes[kind]), folder=tmp_path)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert pickle.dumps(np.random.get_state()) == before[1]  # noqa: NPY002


def test_the_global_random_state_changes_nothing(make_training, whole, tmp_path):
    with torch.random.fork_rng():
        torch.manual_seed(12345)
        assert bits(train(make_training(), folder=tmp_path)) == bits(whole["standard"])


def test_another_seed_gives_another_network(make_training, whole, tmp_path):
    other = train(make_training(seed=1), folder=tmp_path)
    assert bits(other) != bits(whole["standard"])


def test_progress_is_told_after_every_step(make_training, tmp_path):
    moments = []
    trained = train(make_training(), folder=tmp_path, progress=moments.append)
    assert [moment.step for moment in moments] == [1, 2, 3, 4, 5, 6]
    assert {moment.steps for moment in moments} == {6}
    assert [moment.epochs_done for moment in moments] == [step / 3 for step in range(1, 7)]
    first, second = (entry["accuracy"] for entry in trained.history)
    assert [m.accuracy for m in moments] == [None, None, first, first, first, second]
    assert [trained.history[i]["loss"] for i in (0, 1)] == [moments[2].loss, moments[5].loss]


def test_the_network_is_ready_to_use(make_training, whole):
    classifier = whole["standard"].classifier
    assert not any(layer.training for layer in classifier.network.modules())
    assert all(value.is_contiguous() for value in classifier.network.state_dict().values())
    assert classifier.class_names == ("ant", "bee", "cat")
    assert classifier.device == torch.device("cpu")


def test_history_says_what_was_measured_when(whole):
    names = {"standard": {"accuracy"}, "min-max": {"accuracy", "robust_accuracy"}}
    for kind, trained in whole.items():
        assert [entry["epoch"] for entry in trained.history] == [1.0, 2.0]
        for entry in trained.history:
            assert entry.keys() - {"best"} == {"epoch", "loss"} | names[kind]


class TestStoppingAtAnAccuracy:
    @pytest.fixture
    def planted(self, monkeypatch):
        def plant(*accuracies):
            left = iter(accuracies)
            monkeypatch.setattr(run_module, "accuracy", lambda *_, **__: next(left))

        return plant

    def test_it_stops_as_soon_as_the_target_is_reached(
        self, make_training, recipes, planted, tmp_path
    ):
        planted(0.3, 0.5, 0.61)
        recipe = replace(recipes["standard"], epochs=9, stop_at_accuracy=0.6)
        trained = train(make_training(recipe), folder=tmp_path)
        assert [entry["accuracy"] for entry in trained.history] == [0.3, 0.5, 0.61]
        assert trained.epoch == 3.0

    def test_it_keeps_the_weights_nearest_to_the_target(
        self, make_training, recipes, planted, tmp_path
    ):
        recipe = replace(recipes["standard"], epochs=9, stop_at_accuracy=0.6)
        planted(0.3, 0.58, 0.9)
        stopped = train(make_training(recipe), folder=tmp_path / "stopped")
        assert stopped.epoch == 2.0
        planted(0.1, 0.2, 0.1)
        recipe = replace(recipes["standard"], epochs=3)
        assert bits(train(make_training(recipe), folder=tmp_path / "whole")) == bits(stopped)

    def test_a_stopped_training_is_not_taken_up_again(
        self, make_training, recipes, planted, tmp_path
    ):
        planted(0.3, 0.7)
        recipe = replace(recipes["standard"], epochs=9, stop_at_accuracy=0.6)
        first = train(make_training(recipe), folder=tmp_path)
        again = train(make_training(recipe), folder=tmp_path, progress=stop_after(7))
        assert bits(again) == bits(first)

    def test_a_target_that_is_never_reached_trains_to_the_end(
        self, make_training, recipes, planted, tmp_path
    ):
        planted(0.3, 0.5)
        recipe = replace(recipes["standard"], stop_at_accuracy=0.6)
        trained = train(make_training(recipe), folder=tmp_path)
        assert len(trained.history) == 2
        assert trained.epoch == 2.0

    def test_it_looks_every_twenty_steps_within_a_long_epoch(
        self, make_training, make_noise, recipes, planted, tmp_path
    ):
        planted(0.1, 0.2, 0.3, 0.7)
        recipe = replace(recipes["standard"], batch_size=2, stop_at_accuracy=0.6)
        training = make_training(recipe, training=make_noise(60, side=4))
        trained = train(training, folder=tmp_path)
        assert [entry["epoch"] * 30 for entry in trained.history] == pytest.approx([20, 40, 60])

    def test_it_resumes_bit_for_bit_between_two_looks(
        self, make_training, make_noise, recipes, planted, tmp_path
    ):
        recipe = replace(recipes["standard"], batch_size=2, stop_at_accuracy=0.9)
        training = make_training(recipe, training=make_noise(42, side=4))
        planted(0.1, 0.2, 0.3)
        expected = train(training, folder=tmp_path / "whole")
        planted(0.1, 0.2, 0.3)
        with pytest.raises(KeyboardInterrupt):
            train(training, folder=tmp_path / "cut", progress=stop_after(31), checkpoint_seconds=0)
        resumed = train(training, folder=tmp_path / "cut")
        assert bits(resumed) == bits(expected)
        assert resumed.history == expected.history


@pytest.fixture(scope="module")
def learnt(tmp_path_factory, make_faint):
    """A standard and an adversarial network of the toy images."""
    attack = PGD(ball=Linf(radius=12 / 255), step=8 / 255, steps=2)
    folder = tmp_path_factory.mktemp("toy")

    def network(name, **settings):
        recipe = Recipe(batch_size=16, schedule=OneCycle(rate=0.01), augmentation=None, **settings)
        training = Training(
            architecture="small-resnet",
            recipe=recipe,
            training=make_faint(160, seed=0),
            validation=make_faint(100, seed=1),
        )
        return train(training, folder=folder / name).classifier

    return {
        "standard": network("standard", epochs=4),
        "adversarial": network(
            "adversarial", epochs=8, objective=MinMax(attack=attack, warm_up=1.0)
        ),
    }


def test_a_standard_network_learns_what_can_be_learnt(learnt, make_faint):
    assert accuracy(learnt["standard"], make_faint(200, seed=2)) > 0.95


def test_an_adversarial_network_is_more_robust_than_a_standard_one(learnt, make_faint):
    test, ball = make_faint(200, seed=2), Linf(radius=12 / 255)
    robust = {
        name: robust_accuracy(network, test, ball=ball, seed=0) for name, network in learnt.items()
    }
    assert robust["standard"] < 0.5
    assert robust["adversarial"] > 0.75


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["standard", "min-max"])
def test_a_training_that_is_killed_again_and_again_ends_with_the_same_bits(whole, tmp_path, kind):
    def start():
        return WarmProcess([str(SCRIPT), kind, str(tmp_path)], told=tmp_path / "told.txt")

    moments, told = random.Random(0), []  # noqa: S311 - when to kill, no secret
    for _ in range(5):
        process = start()
        line = process.stdout.readline().strip()  # has taken a step: now at any moment
        told.append(line)
        time.sleep(moments.uniform(0, 0.06))
        process.kill()
        rest = process.communicate()[0].split()
        if process.returncode == 0:
            told.extend(rest)
            break
        assert process.returncode == -signal.SIGKILL
    done = start()
    printed, wrong = done.communicate()
    assert done.returncode == 0, wrong
    assert printed.split()[-1] == whole[kind].classifier.fingerprint()
    assert told[0] == "1"
    assert len(told) > 1
