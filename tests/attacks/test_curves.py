"""Curves: which steps are points, and what images that left carry forward."""

from itertools import pairwise

import torch

from cuelens.attacks.curves import CurveRecorder, curve_points
from cuelens.losses import cross_entropy


def test_the_first_steps_are_all_points_and_later_ones_ever_fewer():
    assert curve_points(1) == (0,)
    assert curve_points(20) == tuple(range(20))
    for steps in (22, 101, 900, 5001):
        points = curve_points(steps)
        assert points[:21] == tuple(range(21))
        assert points[-1] == steps - 1
        assert len(points) <= 61
        gaps = [after - before for before, after in pairwise(points)]
        assert min(gaps) > 0
        assert gaps[-1] == max(gaps) or steps < 200


def test_an_image_that_left_keeps_its_last_loss_and_its_final_length():
    labels = torch.tensor([0, 1, 0])
    logits = [torch.tensor([[2.0, 1.0], [0.0, 3.0], [1.0, 1.0]]) * k for k in (1.0, 2.0, 3.0)]
    record = CurveRecorder(labels, steps=4)
    every, two = torch.arange(3), torch.tensor([0, 2])
    record.note(0, every, logits[0], lambda: torch.tensor([0.1, 0.2, 0.3]))
    record.note(1, two, logits[1][two], lambda: torch.tensor([0.4, 0.6]))
    record.note(2, two, logits[2][two], lambda: torch.tensor([0.7, 0.9]))
    curve = record.curve(steps=torch.tensor([4, 1, 3]), lengths=torch.tensor([0.8, 0.25, 0.95]))
    assert curve.points.tolist() == [0, 1, 2, 3]
    losses = torch.stack([cross_entropy(one, labels) for one in logits], 1)
    expected = torch.stack([losses[0], losses[1, [0, 0, 0]], losses[2]])
    expected = torch.cat([expected, expected[:, -1:]], 1)
    torch.testing.assert_close(curve.losses, expected)
    torch.testing.assert_close(
        curve.lengths,
        torch.tensor([[0.1, 0.4, 0.7, 0.8], [0.2, 0.25, 0.25, 0.25], [0.3, 0.6, 0.9, 0.95]]),
    )


def test_lengths_are_measured_only_where_the_curve_has_a_point():
    labels = torch.zeros(2, dtype=torch.int64)
    record, asked = CurveRecorder(labels, steps=5001), []

    def lengths(step):
        asked.append(step)
        return torch.zeros(2)

    for step in range(5001):
        record.note(step, torch.arange(2), torch.zeros(2, 3), lambda s=step: lengths(s))
    assert tuple(asked) == curve_points(5001)
