"""Every objective resumes bit for bit, wherever it was killed."""

from dataclasses import replace

import pytest

from cuelens.attacks import PGD, StAdv
from cuelens.balls import Displacement, Linf
from cuelens.training import TRADES, Alternating, Free, MinMax, Noisy, OverfittingProbe, train

LINF = Linf(radius=0.1)
STEP = PGD(ball=LINF, step=0.125, steps=1)
FLOWS = StAdv(ball=Displacement(radius=0.5), steps=2, stop_when_fooled=False)
SETTINGS = {
    "fgsm": {"objective": MinMax(attack=STEP, warm_up=1.0), "probe": OverfittingProbe()},
    "alternating": {"objective": Alternating(attack=STEP, warm_up=1.0)},
    "free": {"objective": Free(ball=LINF), "replays": 2},
    "trades": {"objective": TRADES(ball=LINF, step=0.05, steps=2, warm_up=1.0)},
    "stadv": {"objective": MinMax(attack=FLOWS, warm_up=1.0)},
    "noisy": {"objective": Noisy(deviation=0.1)},
    "low-pass": {"cutoff": 2.0},
}


def weights(trained):
    networks = (trained.classifier.network, trained.last.network)
    return [value.numpy().tobytes() for one in networks for value in one.state_dict().values()]


@pytest.mark.parametrize("kind", SETTINGS)
def test_a_training_killed_at_three_places_ends_with_the_same_bits(
    make_training, recipes, tmp_path, kind
):
    training = make_training(replace(recipes["standard"], **SETTINGS[kind]))
    assert training.steps == (12 if kind == "free" else 6)
    expected = train(training, folder=tmp_path / "whole")
    for step in (2, 3, 5):  # within an epoch, at its end, within the next; free: within a batch

        def stop(moment, step=step):
            if moment.step == step:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            train(training, folder=tmp_path / "cut", progress=stop, checkpoint_seconds=0)
    resumed = train(training, folder=tmp_path / "cut")
    assert weights(resumed) == weights(expected)
    assert resumed.history == expected.history
