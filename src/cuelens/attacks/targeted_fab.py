"""The targeted Fast Adaptive Boundary attack, FAB-T: the nearest point of a class's region."""

from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from cuelens.attacks.arguments import (
    in_batches,
    require_batch_size,
    require_steps,
)
from cuelens.attacks.ascent import logits_and_gradient
from cuelens.attacks.curves import CurveRecorder
from cuelens.attacks.hyperplanes import moves_onto
from cuelens.attacks.protocol import Attacked
from cuelens.attacks.targets import Aimed, over_targets, require_targets
from cuelens.balls import L2, Ball, Linf
from cuelens.errors import ConfigError
from cuelens.losses import margin, targeted_margin
from cuelens.networks.classifier import Classify
from cuelens.randomness import Chance
from cuelens.tensors import Images, Labels, Logits, PerImage, PerImageInt

__all__ = ["TargetedFAB"]

_TINY = 1e-12


@dataclass(frozen=True, kw_only=True, slots=True)
class TargetedFAB:
    """Steps onto the linearised boundary with each of the best other classes, and back.

    It looks for the shortest perturbation, inside the ball or not, and so has no step length.
    Nothing is drawn by chance.

    Attributes:
        ball: The threat model, `Linf` or `L2`. Its radius, in units of the pixel range [0, 1],
            only says when an image is done: the search is the same for every radius.
        steps: How many steps to take towards each class. At least 1.
        targets: How many classes to aim at, the most probable first; all others, if fewer.
        alpha_max: Largest share of the step that starts at the image. In [0, 1].
        eta: How far a step goes, 1 being onto the boundary. At least 1.
        beta: What is left of a perturbation that fools, before the next step. In (0, 1].
        batch_size: How many images are attacked at once; bounds the memory, changes no result.
            None: 100 on a CPU, 500 elsewhere.

    Raises:
        ConfigError: If a setting is outside its range, or `ball` is another one.

    Source:
        Croce & Hein, 2020, https://arxiv.org/abs/1907.02044, algorithm 1, one run from the image.
        Differs: an image leaves the batch where it is fooled inside the ball. The boundary is
        linearised where a step ended, before the way back by `beta` instead of after it: one
        pass through the network both judges a point and tells the next step, and the points
        found are as near. The nearest one is pulled into the ball, and judged there too.
    """

    version: ClassVar[int] = 1

    ball: Ball
    steps: int = 100
    targets: int = 9
    alpha_max: float = 0.1
    eta: float = 1.05
    beta: float = 0.9
    batch_size: int | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.ball, Linf | L2):
            raise ConfigError(
                f"`ball` must be Linf or L2, got {type(self.ball).__name__}. "
                "The nearest point of a hyperplane is known for these two."
            )
        require_steps(self.steps, "Usual are 100.")
        require_targets(self.targets)
        if not 0 <= self.alpha_max <= 1:
            raise ConfigError(f"`alpha_max` must be in [0, 1], got {self.alpha_max}. Usual is 0.1.")
        if not 1 <= self.eta < float("inf"):
            raise ConfigError(
                f"`eta` must be a finite number of at least 1, got {self.eta}. Usual is 1.05."
            )
        if not 0 < self.beta <= 1:
            raise ConfigError(
                f"`beta` must be above 0 and at most 1, got {self.beta}. Usual is 0.9."
            )
        require_batch_size(self.batch_size)

    def __call__(
        self, classify: Classify, images: Images, labels: Labels, *, chance: Chance
    ) -> Attacked:
        """Return the perturbed images.

        Args:
            classify: Maps images to logits; already in eval mode.
            images: Pixels in [0, 1].
            labels: True classes.
            chance: Says how many images there are; nothing is drawn.

        Returns:
            Pixels in [0, 1], each within the ball of its image, and the steps each one took.

        Raises:
            RangeError: If `images` leaves [0, 1], or `labels` the classes.
            ConfigError: If the arguments are not of the same images.
            ModelError: If the logits are not (batch, class), or not finite.
        """
        return in_batches(
            self._search, classify, images, labels, chance=chance, batch_size=self.batch_size
        )

    def _search(
        self, classify: Classify, images: Images, labels: Labels, chance: Chance
    ) -> Attacked:
        record = CurveRecorder(labels, steps=self.targets * self.steps + 1)

        def aim(places: PerImageInt, targets: Labels, chance: Chance, before: int) -> Aimed:
            return self._aim(
                classify,
                images[places],
                labels[places],
                targets,
                record=record,
                places=places,
                first_step=before * self.steps,
            )

        return over_targets(
            aim,
            classify,
            images,
            labels,
            ball=self.ball,
            targets=self.targets,
            chance=chance,
            record=record,
        )

    @torch.no_grad()
    def _aim(
        self,
        classify: Classify,
        images: Images,
        labels: Labels,
        targets: Labels,
        *,
        record: CurveRecorder,
        places: PerImageInt,
        first_step: int,
    ) -> Aimed:
        """Search from the images towards one class each."""
        found, taken = images.clone(), torch.full_like(labels, self.steps)
        fooled = torch.zeros_like(labels, dtype=torch.bool)
        state = _Searcher(
            rows=torch.arange(len(labels), device=labels.device),
            labels=labels,
            targets=targets,
            points=torch.stack([images, images], 1),
            nearest=images.clone(),
            shortest=torch.full_like(images[:, 0, 0, 0], float("inf")),
        )
        for step in range(self.steps + 1):
            current = state.points[:, 0].clone(memory_format=torch.contiguous_format)
            logits, gradient = self._look(classify, current, state, last=step == self.steps)
            lengths = self.ball.length(current - state.points[:, 1])
            record.note(first_step + step, places[state.rows], logits, lengths.detach)
            wrong = margin(logits, state.labels) < 0
            state.note_nearest(current, lengths, wrong)
            done = wrong & (lengths <= self.ball.radius)
            if done.any():
                there = state.rows[done]
                found[there], taken[there], fooled[there] = current[done], step, True
                state.keep(~done)
                if not len(state.rows):
                    return Aimed(images=found, steps=taken, fooled=fooled)
                left = ~done
                current, wrong, logits = current[left], wrong[left], logits[left]
                gradient = gradient[left]
            if step < self.steps:
                self._step(state, current, logits, gradient, wrong)
        state.nearest[state.shortest.isinf()] = current[state.shortest.isinf()]
        pulled = self.ball.nearest(state.nearest, state.points[:, 1]).clamp_(0, 1)
        found[state.rows] = pulled
        fooled[state.rows] = margin(classify(pulled), state.labels) < 0
        return Aimed(images=found, steps=taken, fooled=fooled)

    def _look(
        self, classify: Classify, current: Images, state: "_Searcher", *, last: bool
    ) -> tuple[Logits, Images]:
        """Return the logits and, before the last step, how the margin to the target rises."""
        if last:
            return classify(current), current
        gap = partial(targeted_margin, labels=state.labels, targets=state.targets)
        logits, _, gradient = logits_and_gradient(classify, current, gap)
        return logits, gradient

    def _step(
        self,
        state: "_Searcher",
        current: Images,
        logits: Logits,
        gradient: Images,
        wrong: Bool[Tensor, " batch"],
    ) -> None:
        """Go beyond the hyperplane of equal logits, a little towards the image."""
        points, originals = state.points, state.points[:, 1]
        back = 1 - (1 - self.beta) * wrong.to(current.dtype)
        torch.lerp(originals, current, back[:, None, None, None], out=points[:, 0])
        gap = targeted_margin(logits, state.labels, state.targets)
        ways = (points - current[:, None]).flatten(2)
        normals = gradient.flatten(1)
        rises = -gap[:, None] - ways.mul_(normals[:, None]).sum(2)
        moves = moves_onto(self.ball, points.flatten(2), normals, rises).view_as(points)
        lengths = self.ball.length(moves.flatten(0, 1)).view(-1, 2).clamp_min(_TINY)
        share = (lengths[:, 0] / lengths.sum(1)).clamp_max(self.alpha_max)
        ahead = torch.add(points, moves, alpha=self.eta, out=moves)
        torch.lerp(ahead[:, 0], ahead[:, 1], share[:, None, None, None], out=points[:, 0])
        points[:, 0].clamp_(0, 1)


@dataclass(slots=True)
class _Searcher:
    """The images that are still searched from, row by row.

    Attributes:
        rows: Where they stand in the batch.
        labels: True classes.
        targets: The classes aimed at.
        points: Where the search is, and the image.
        nearest: The nearest point that is wrong; means nothing as long as there is none.
        shortest: How far that one is, infinite where there is none.
    """

    rows: PerImageInt
    labels: Labels
    targets: Labels
    points: Float[Tensor, "batch 2 channel height width"]
    nearest: Images
    shortest: PerImage

    def note_nearest(
        self, current: Images, lengths: PerImage, wrong: Bool[Tensor, " batch"]
    ) -> None:
        """Keep the current points that are nearer than the nearest wrong ones so far."""
        nearer = wrong & (lengths < self.shortest)
        self.shortest = torch.where(nearer, lengths, self.shortest)
        rows = nearer.nonzero()[:, 0]
        self.nearest.index_copy_(0, rows, current.index_select(0, rows))

    def keep(self, rows: Bool[Tensor, " batch"]) -> None:
        """Let the other rows leave."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name)[rows])
