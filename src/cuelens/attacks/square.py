"""The Square attack: random search with square windows, for classifiers without gradients."""

from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar, cast

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from cuelens.attacks.arguments import in_batches, require_batch_size
from cuelens.attacks.curves import CurveRecorder, curve_points
from cuelens.attacks.protocol import Attacked
from cuelens.attacks.square_moves import L2Moves, LinfMoves, Moves, settle
from cuelens.balls import L2, Ball, Linf
from cuelens.errors import ConfigError
from cuelens.losses import margin
from cuelens.networks.classifier import Classify
from cuelens.randomness import Chance
from cuelens.tensors import Images, Labels, Logits, PerImage, PerImageInt

__all__ = ["Square"]

Numbers = Float[Tensor, "batch query number"]

_BLOCK = 500
"""For how many queries the numbers of an image are drawn at once."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Square:
    """Random search: change a square window, keep the change where the margin falls.

    It asks only for logits, so that no masked gradient can mislead it. An image leaves the batch
    where a logit first exceeds that of its label; the others end where their margin was lowest.

    Attributes:
        ball: The threat model, Linf or L2. Its radius is in units of the pixel range [0, 1].
        queries: How many changes to try, one forward pass each; the start is looked at besides.
            At least 1.
        start_share: Share of the image's area that the first windows cover; it halves after 10,
            50, 200, 500, 1,000, 2,000, 4,000, 6,000 and 8,000 queries. Above 0, at most 1.
        batch_size: How many images are attacked at once; bounds the memory, changes no result.
            None: 100 on a CPU, 500 elsewhere.

    Raises:
        ConfigError: If the ball is another, `queries` or `batch_size` is below 1, or
            `start_share` is outside (0, 1].

    Source:
        Andriushchenko et al., 2020, https://arxiv.org/abs/1912.00049, algorithms 1 to 3, with the
        margin loss.
        Differs: the schedule of 10,000 queries is not rescaled to `queries`, as in the standard
        suite of Croce & Hein, 2020, https://arxiv.org/abs/2003.01690. Against the published code:
        windows and signs are drawn for each image, not once for the batch; windows reach the last
        row and column, as in the paper; a tie is not fooled; images need not be square; after an
        L2 change the perturbation is not scaled to the radius again, which it has already.
    """

    version: ClassVar[int] = 1

    ball: Ball
    queries: int = 5000
    start_share: float = 0.8
    batch_size: int | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.ball, Linf | L2):
            raise ConfigError(
                f"`ball` must be Linf or L2, got {self.ball!r}. "
                "The Square attack is not defined for others."
            )
        if self.queries < 1:
            raise ConfigError(f"`queries` must be at least 1, got {self.queries}. Usual are 5000.")
        if not 0 < self.start_share <= 1:
            raise ConfigError(
                f"`start_share` must be above 0 and at most 1 (a share of the image's area), "
                f"got {self.start_share}. Usual is 0.8."
            )
        require_batch_size(self.batch_size)

    def __call__(
        self, classify: Classify, images: Images, labels: Labels, *, chance: Chance
    ) -> Attacked:
        """Return the perturbed images.

        Args:
            classify: Maps images to logits; already in eval mode. It needs no gradient.
            images: Pixels in [0, 1].
            labels: True classes.
            chance: Of the start and of every window.

        Returns:
            Pixels in [0, 1], each within the ball of its image, and the queries each one took
            as its steps.

        Raises:
            RangeError: If `images` leaves [0, 1], or `labels` the classes.
            ConfigError: If the arguments are not of the same images.
            ModelError: If the logits are not (batch, class), or not finite.
        """
        with torch.no_grad():
            return in_batches(
                self._search, classify, images, labels, chance=chance, batch_size=self.batch_size
            )

    def _search(
        self, classify: Classify, images: Images, labels: Labels, chance: Chance
    ) -> Attacked:
        moves = self._moves()
        found = moves.start(images, chance=chance)
        taken = torch.full_like(labels, self.queries)
        record = CurveRecorder(labels, steps=self.queries + 1)
        if len(images):
            points = frozenset(curve_points(self.queries + 1))
            state = _Searcher.beginning(classify, found, images, labels)
            for query in range(self.queries + 1):
                if query:
                    place = (query - 1) % _BLOCK
                    if not place:
                        state.numbers = self._numbers(moves, state, chance, query)
                    state.attempt(classify, moves, state.numbers[:, place], query)
                fooled = state.margins < 0
                some = bool(fooled.any())
                if some or query in points:
                    record.note(query, state.places, state.logits, partial(self._length, state))
                if some:
                    there = state.places[fooled]
                    found[there], taken[there] = state.best[fooled], query
                    state.keep(~fooled)
                    if not len(state.places):
                        break
            found[state.places] = state.best
        lengths = self.ball.length(found - images)
        curve = record.curve(steps=taken, lengths=lengths)
        return Attacked(images=found, steps=taken, lengths=lengths, curve=curve)

    def _moves(self) -> Moves:
        if isinstance(self.ball, L2):
            return L2Moves(ball=self.ball, start_share=self.start_share)
        return LinfMoves(ball=cast(Linf, self.ball), start_share=self.start_share)

    def _numbers(self, moves: Moves, state: "_Searcher", chance: Chance, query: int) -> Numbers:
        """Return what the coming queries are drawn with, for the images that are still there."""
        block, channels = (query - 1) // _BLOCK, state.best.shape[1]
        count = min(_BLOCK, self.queries - query + 1)  # a shorter block begins as a longer one
        numbers = chance.take(state.places).uniform(
            (count, moves.numbers(channels)), method="square", draw=block
        )
        return numbers.to(state.best.device)

    def _length(self, state: "_Searcher") -> PerImage:
        return self.ball.length(state.best - state.originals)


@dataclass(slots=True)
class _Searcher:
    """The images that are still right, row by row."""

    places: PerImageInt
    labels: Labels
    originals: Images
    best: Images
    logits: Logits
    margins: PerImage
    numbers: Numbers

    @classmethod
    def beginning(
        cls, classify: Classify, begin: Images, originals: Images, labels: Labels
    ) -> "_Searcher":
        """Look at the start of every image of a batch."""
        best = begin.clone(memory_format=torch.contiguous_format)
        logits = classify(best).clone()  # `best` will change in place, and they may be a view
        return cls(
            places=torch.arange(len(labels), device=labels.device),
            labels=labels,
            originals=originals.contiguous(),
            best=best,
            logits=logits,
            margins=margin(logits, labels),
            numbers=best.new_zeros(len(best), 0, 0),
        )

    def attempt(self, classify: Classify, moves: Moves, numbers: Tensor, query: int) -> None:
        """Try one change of each image and keep it where the margin falls."""
        changes = moves.attempt(self.best, self.originals, numbers, query=query)
        logits = classify(self.best)
        margins = margin(logits, self.labels)
        better = margins < self.margins
        self.logits = torch.where(better[:, None], logits, self.logits)
        self.margins = torch.where(better, margins, self.margins)
        settle(self.best, changes, better)

    def keep(self, rows: Bool[Tensor, " batch"]) -> None:
        """Let the other rows leave."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name)[rows])
