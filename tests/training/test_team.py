"""Several processes learn what one learns: the same images, the same gradient, the same state.

Here they are threads, which sum as processes do; `tests/cli` starts real ones.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import pytest
import torch
from torch import Tensor, nn

from cuelens.attacks import PGD
from cuelens.balls import Linf
from cuelens.errors import ConfigError
from cuelens.training import TRADES, Alone, Alternating, Constant, Free, MinMax, Recipe, train
from cuelens.training.carried import Carried
from cuelens.training.run import Run
from cuelens.training.shares import parts_of
from cuelens.training.validation import accuracy, robust_accuracy

CPU = torch.device("cpu")
ATTACK = PGD(ball=Linf(radius=8 / 255), step=6 / 255, steps=2)
OBJECTIVES = {
    "standard": Recipe().objective,
    "min-max": MinMax(attack=ATTACK),
    "alternating": Alternating(attack=ATTACK),
    "trades": TRADES(ball=Linf(radius=8 / 255), step=4 / 255, steps=2),
    "free": Free(ball=Linf(radius=8 / 255)),
}


@dataclass
class Together:
    """What threads meet at: each leaves its tensors, and takes the sums."""

    count: int
    left: dict[int, list[Tensor]] = field(default_factory=dict)

    def __post_init__(self):
        self.barrier = threading.Barrier(self.count, timeout=60)


@dataclass
class Member:
    """A team seen from one of its threads."""

    number: int
    shared: Together
    device: torch.device = CPU

    @property
    def count(self) -> int:
        return self.shared.count

    def summed(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        self.shared.left[self.number] = [tensor.clone() for tensor in tensors]
        self.wait()
        everybody = [self.shared.left[number] for number in range(self.count)]
        sums = [torch.stack(each).sum(0) for each in zip(*everybody, strict=True)]
        self.wait()
        return sums

    def wait(self) -> None:
        self.shared.barrier.wait()


def together(count: int, do: Callable[[Member], object]) -> list:
    """Return what each member of a team returns."""
    shared = Together(count)
    members = [Member(number=number, shared=shared) for number in range(count)]
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(do, members))


@pytest.fixture
def plain(monkeypatch):
    """A network without batch norm, in float32."""

    drawing = threading.Lock()  # members are threads here, and torch has one generator for all

    def build(_architecture, *, classes, seed):
        with drawing, torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return nn.Sequential(
                nn.Conv2d(3, 8, 3), nn.Tanh(), nn.AdaptiveAvgPool2d(2), nn.Flatten(),
                nn.Linear(32, classes),
            )  # fmt: skip

    for name in ("run", "loop"):
        monkeypatch.setattr(f"cuelens.training.{name}.build_network", build)
    monkeypatch.setattr("cuelens.training.run.bfloat16_is_fast", lambda _: False)
    monkeypatch.setattr("cuelens.networks.fast_path.bfloat16_is_fast", lambda _: False)


def recipe(objective, **changes) -> Recipe:
    shared = {"epochs": 2, "batch_size": 9, "schedule": Constant(rate=0.05), "replays": 1}
    return Recipe(objective=OBJECTIVES[objective], **(shared | changes))


def gradients(run: Run) -> list[Tensor]:
    return [parameter.grad.clone() for parameter in run.classifier.network.parameters()]


def after(run: Run, steps: int) -> list[list[Tensor]]:
    found = []
    for _ in range(steps):
        run.step()
        found.append(gradients(run))
    return found


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("ranks", [2, 3])
def test_gradients_are_those_of_one_process_with_the_same_batch(
    make_training, plain, tmp_path, objective, ranks
):
    training = make_training(recipe(objective))
    alone = after(Run(training, tmp_path / "alone"), 3)
    runs = together(ranks, lambda team: after(Run(training, tmp_path / "all", team=team), 3))
    for found in runs:
        for own, expected in zip(found, alone, strict=True):
            for one, other in zip(own, expected, strict=True):
                assert (one - other).abs().max() <= 1e-4 * max(1.0, float(other.abs().max()))
                assert other.abs().max() > 0


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_gradients_of_parts_add_up(make_training, plain, tmp_path, objective):
    training = make_training(recipe(objective))
    whole = after(Run(training, tmp_path / "whole"), 3)
    parts = after(Run(training, tmp_path / "parts", micro_batch=4), 3)
    for own, expected in zip(parts, whole, strict=True):
        for one, other in zip(own, expected, strict=True):
            assert (one - other).abs().max() <= 1e-4 * max(1.0, float(other.abs().max()))


def weights(trained) -> Tensor:
    return torch.cat([p.flatten() for p in trained.last.network.state_dict().values()])


@pytest.mark.parametrize("objective", ["min-max", "free"])
@pytest.mark.parametrize(("before", "then"), [(1, 2), (2, 1), (2, 3)])
def test_a_training_goes_on_with_any_number_of_processes(
    make_training, plain, tmp_path, objective, before, then
):
    training = make_training(recipe(objective))
    expected = train(training, folder=tmp_path / "whole")

    def stop(moment):
        if moment.step == 4:  # in the second epoch
            raise KeyboardInterrupt

    def begin(team):
        with pytest.raises(KeyboardInterrupt):
            train(training, folder=tmp_path / "on", progress=stop, checkpoint_seconds=0, team=team)

    together(before, begin)
    found = together(then, lambda team: train(training, folder=tmp_path / "on", team=team))
    for one in found:
        assert one.last_epoch == 2
        assert (weights(one) - weights(expected)).abs().max() <= 1e-4
        accuracies = [[e["accuracy"] for e in each.history] for each in (one, expected)]
        assert accuracies[0] == accuracies[1]


def test_members_stay_alike_in_weights_and_statistics_and_resume_bit_for_bit(
    make_training, recipes, tmp_path
):
    training = make_training(recipes["min-max"])

    def stop(moment):
        if moment.step == 2:
            raise KeyboardInterrupt

    def begin(team):
        with pytest.raises(KeyboardInterrupt):
            train(training, folder=tmp_path / "on", progress=stop, checkpoint_seconds=0, team=team)

    whole = together(2, lambda team: train(training, folder=tmp_path / "whole", team=team))
    together(2, begin)
    resumed = together(2, lambda team: train(training, folder=tmp_path / "on", team=team))
    for one in (whole[1], *resumed):
        assert torch.equal(weights(one), weights(whole[0]))
        assert one.history == whole[0].history


def test_shares_are_the_whole_batch_once_and_nearly_equal():
    for count in (1, 2, 3, 5):
        for micro_batch in (None, 2, 4):
            parts = [
                part
                for number in range(count)
                for part in parts_of(16, Member(number, Together(count)), micro_batch)
            ]
            rows = [row for part in parts for row in range(16)[part]]
            assert rows == list(range(16))
            sizes = [part.stop - part.start for part in parts]
            assert max(sizes) - min(sizes) <= 1 or micro_batch is not None
            assert max(sizes) <= (micro_batch or 16)


def test_shares_that_batch_norm_cannot_compare_are_refused():
    with pytest.raises(ConfigError) as error:
        parts_of(5, Member(0, Together(3)))
    assert str(error.value) == (
        "`batch_size` must be at least 2 images for each of 3 processes, got 5. Raise it, or start "
        "fewer processes."
    )
    with pytest.raises(ConfigError) as error:
        parts_of(8, Alone(), 1)
    assert str(error.value) == (
        "`micro_batch` must be at least 2 (batch norm compares images), got 1."
    )


def test_validation_is_shared_and_comes_to_the_same(make_training, recipes, tmp_path):
    run = Run(make_training(recipes["min-max"]), tmp_path / "one")
    classifier, images = run.classifier, run.training.validation
    classifier.network.eval()
    ball, alone = Linf(radius=8 / 255), Alone()

    def both(team):
        return (
            accuracy(classifier, images, team=team),
            robust_accuracy(classifier, images, ball=ball, seed=0, team=team),
        )

    expected = (accuracy(classifier, images), both(alone)[1])
    for count in (1, 2, 5):
        assert together(count, both) == [expected] * count


def test_what_is_carried_is_kept_row_by_row():
    carried = Carried(None)
    assert carried.of(slice(0, 2)) is None
    carried.keep(torch.ones(2, 3), slice(2, 4), batch_size=4)
    assert carried.of(slice(0, 4)).tolist() == [[0.0] * 3] * 2 + [[1.0] * 3] * 2
    whole = torch.full((4, 3), 2.0)
    carried.keep(whole, slice(0, 4), batch_size=4)
    carried.keep(None, slice(0, 4), batch_size=4)
    assert carried.whole is whole


def test_what_is_carried_is_gathered_from_those_who_have_it():
    def gather(team):
        carried = Carried(torch.full((4, 1), -1.0))
        part = slice(2 * team.number, 2 * team.number + 2)
        carried.keep(torch.full((2, 1), float(team.number + 1)), part, batch_size=4)
        carried.gather(team, [part])
        return carried.whole.flatten().tolist()

    assert together(2, gather) == [[1.0, 1.0, 2.0, 2.0]] * 2


def test_a_team_of_one_sums_nothing():
    alone, values = Alone(), [torch.ones(2), torch.zeros(1)]
    alone.wait()
    assert alone.summed(values) == values
    assert (alone.number, alone.count) == (0, 1)
    assert replace(alone, device=torch.device("meta")).device.type == "meta"
