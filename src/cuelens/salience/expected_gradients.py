"""Expected gradients: integrated gradients whose baselines are other images of the same kind."""

from collections import deque
from dataclasses import dataclass, field
from typing import ClassVar, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from cuelens.arguments import require_arguments
from cuelens.errors import ArgumentError, ConfigError
from cuelens.networks.classifier import Classify
from cuelens.randomness import Chance
from cuelens.salience.copies import gradients_at_copies, usual_batch
from cuelens.salience.noise import require_samples
from cuelens.salience.score import Score, require_score
from cuelens.tensors import Images, Labels

__all__ = ["ExpectedGradients", "References"]


@runtime_checkable
class References(Protocol):
    """Images that stand for all that might have been seen; every data set is one.

    Attributes:
        fingerprint: 32 hexadecimal digits that name all pixels and their order.
    """

    @property
    def fingerprint(self) -> str:
        """Names all pixels and their order."""
        ...

    def __len__(self) -> int: ...

    def images(self, rows: Tensor) -> Images:
        """Return the images at these rows: float32 pixels in [0, 1]."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class ExpectedGradients:
    """The mean over reference images of integrated gradients from there, by chance.

    Each sample draws a reference r and a place a on the way to the image x, both uniformly, and
    contributes (x - r) times the gradient at r + a (x - r). No colour is taken for "nothing", as a
    black baseline takes black.

    Attributes:
        references: Such as the images that the model was trained on.
        samples: How many draws an image. At least 1.
        score: What is explained.
        batch_size: How many draws meet the classifier at a time. Bounds memory, changes no map,
            and is therefore no part of the method's identity. None: see `usual_batch`.

    Raises:
        ConfigError: If there are no references, or a number is outside its range.

    Source:
        Erion et al., 2021, https://arxiv.org/abs/1906.10670, the definition of expected gradients.
        Differs: of the cross-entropy unless told otherwise; draws are keyed by the image's id.
    """

    version: ClassVar[int] = 1

    references: References
    samples: int = 200
    score: Score = Score.CROSS_ENTROPY
    batch_size: int | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        require_score(self.score)
        require_samples(self.samples, self.batch_size)
        # Not `isinstance`: it would read the fingerprint, which is of all pixels.
        if not callable(getattr(self.references, "images", None)):
            raise ArgumentError(
                "`references` must be a data set, or what has its `images(rows)`, `fingerprint` "
                f"and length, got a value of type {type(self.references).__qualname__}. Open "
                "images with one of `cuelens.datasets`, such as `ImageFolder`."
            )
        if not len(self.references):
            raise ConfigError("`references` must hold at least one image, got none.")

    def __call__(
        self, classify: Classify, images: Images, labels: Labels, *, chance: Chance
    ) -> Images:
        """Return the maps.

        Args:
            classify: Maps images to logits; already in eval mode.
            images: Pixels in [0, 1].
            labels: The classes that are explained.
            chance: Of references and places.

        Returns:
            In units of the score, signed; same shape as `images`. It sums to the score of the
            image minus the mean score of the references, up to what chance does.

        Raises:
            RangeError: If `images` leaves [0, 1], or `labels` the classes.
            ConfigError: If the arguments are not of the same images, or the references not of
                their size.
        """
        images, labels = require_arguments(images, labels, chance)
        ways: deque[Images] = deque()  # gradients come in the order in which points are asked for

        def point(sample: int, rows: slice) -> Images:
            own = chance.take(range(len(images))[rows])
            references, places = self._drawn(own, sample, images[rows])
            ways.append(images[rows] - references)
            return references + places * ways[-1]

        total = torch.zeros_like(images)
        for _, rows, gradients in gradients_at_copies(
            classify,
            labels,
            point,
            copies=self.samples,
            score=self.score,
            batch_size=self.batch_size or usual_batch(images),
        ):
            total[rows].addcmul_(ways.popleft(), gradients)
        return total.div_(self.samples)

    def _drawn(
        self, chance: Chance, sample: int, like: Images
    ) -> tuple[Images, Float[Tensor, "batch 1 1 1"]]:
        """Return a reference for each image, and how far from it on the way to the image."""
        generators = chance.generators("expected-gradients", draw=sample)
        drawn = [(int(each.integers(len(self.references))), each.random()) for each in generators]
        rows, places = map(list, zip(*drawn, strict=True))
        wanted, which = torch.unique(torch.tensor(rows), return_inverse=True)
        references = self.references.images(wanted)
        if references.shape[1:] != like.shape[1:]:
            raise ConfigError(
                f"`references` must be of the images' size, (channel, height, width) = "
                f"{tuple(like.shape[1:])}, got {tuple(references.shape[1:])}. "
                "Open the references at the size of the images."
            )
        return references.to(like)[which], like.new_tensor(places)[:, None, None, None]
