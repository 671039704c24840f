"""Every other attribution method that captum has, under the contract of the ones here.

captum is an extra, imported when an object is made. Which of its classes fit is read off their
signatures; `captum_classes.py` knows how.
"""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

import torch
from torch import Tensor

from cuelens.arguments import require_arguments
from cuelens.errors import ConfigError, ModelError
from cuelens.networks.classifier import Classifier, Classify
from cuelens.networks.layers import found_layers
from cuelens.randomness import Chance
from cuelens.salience.baselines import Baseline
from cuelens.salience.captum_classes import captum_class
from cuelens.salience.explained_module import ExplainedModule, with_network_of_its_own
from cuelens.salience.keyed_generators import keyed_generators
from cuelens.salience.score import Score, require_score
from cuelens.tensors import Images, Labels

__all__ = ["Captum"]

Setting = bool | int | float | str | tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Captum:
    """An attribution method of captum: `Captum(attribution="DeepLift")`.

    captum's draws come from the global generators, change with its internal batch size, and some of
    its methods leave hooks behind where the forward raises. So each image goes through it by
    itself, with generators that are set by its id and put back behind it; a method that reads
    layers works on a copy of the network.

    Attributes:
        attribution: The class in `captum.attr`, such as "DeepLift", "LRP" or "GradientShap". It
            must give one number a pixel and channel, of a class of the classifier.
        settings: Keyword arguments of the class and of its `attribute`, such as
            `{"n_samples": 20}`.
        layer: The name of a layer, as in `named_modules`, for what asks for one, such as
            "GuidedGradCam". Names inside what wraps the network will do.
        baseline: Given as `baselines` to what asks for them; None: captum's own, mostly black.
        score: What is explained. Where captum reads layers, the logit alone.

    Raises:
        ModelError: If captum is not installed.
        ConfigError: If captum has no such attribution or it no such setting, or if it cannot
            explain this score.

    Source:
        Kokhlikyan et al., 2020, https://arxiv.org/abs/2009.07896.
        Differs: one image at a time; draws are keyed by the image's id; of pixels in [0, 1].
    """

    version: ClassVar[int] = 1

    attribution: str
    settings: Mapping[str, Setting] = field(default_factory=dict, hash=False)
    layer: str | None = None
    baseline: Baseline | None = None
    score: Score = Score.LOGIT

    def __post_init__(self) -> None:
        require_score(self.score)
        object.__setattr__(self, "settings", dict(self.settings))  # the caller's own may change
        found = captum_class(self.attribution)
        found.require_settings(self.settings)
        found.require_layer(self.layer)
        found.require_baseline(self.baseline)
        if found.reads_layers and self.score is not Score.LOGIT:
            raise ConfigError(
                f"`score` must be Score.LOGIT for {self.attribution}, which goes through the "
                f"layers of a network back from its logits, got {self.score!r}."
            )

    def __call__(
        self, classify: Classify, images: Images, labels: Labels, *, chance: Chance
    ) -> Images:
        """Return the maps.

        Args:
            classify: Maps images to logits; already in eval mode. A `Classifier` or a module where
                captum reads layers.
            images: Pixels in [0, 1].
            labels: The classes that are explained.
            chance: Of the baseline and of captum's draws.

        Returns:
            What captum returns, signed or not; same shape as `images`.

        Raises:
            RangeError: If `images` leaves [0, 1], or `labels` the classes.
            ConfigError: If the arguments are not of the same images.
            ModelError: If captum reads layers and `classify` has none or not the one that is
                named, if it cannot go through these, or if what it returns is no map.
        """
        images, labels = require_arguments(images, labels, chance)
        found = captum_class(self.attribution)
        if found.reads_layers:
            classify = with_network_of_its_own(classify, asked_by=self.attribution)
        explained = ExplainedModule(classify, labels, self.score)
        beginnings = None if self.baseline is None else self.baseline(images, chance=chance)
        maps = torch.empty_like(images)
        for row, label in enumerate(labels.tolist()):
            given = self._settings_of(found.attribute)
            if beginnings is not None:
                given["baselines"] = beginnings[row, None]
            pixels = images[row, None].clone().requires_grad_()
            with (
                keyed_generators(chance.take([row]), images.device),
                torch.enable_grad(),
                _quiet(),
                self._in_words(),
            ):
                answer = self._attribution(explained).attribute(pixels, target=label, **given)
            maps[row] = self._map(answer, pixels)[0]
        return maps

    def _attribution(self, explained: ExplainedModule) -> Any:
        """Return the object of captum's class."""
        found = captum_class(self.attribution)
        given = self._settings_of(found.constructor)
        if self.layer is not None:
            network = Classifier(explained.network, class_names=(), name="the network")
            given["layer"] = found_layers(network, [self.layer])[self.layer]
        return found.kind(explained, **given)

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        """Say what a method that reads layers needs, where captum itself refuses the network."""
        try:
            yield
        except (RuntimeError, TypeError, AssertionError) as error:
            if not (captum_class(self.attribution).reads_layers and _is_of_captum(error)):
                raise
            raise ModelError(
                f"{self.attribution} needs a network whose layers are modules that captum has a "
                f"rule for, each run once, got one of which captum says: {str(error).strip()} "
                "Explain it by its gradient, SmoothGrad or integrated gradients, which any network "
                "will do for."
            ) from error

    def _settings_of(self, arguments: frozenset[str]) -> dict[str, Any]:
        return {name: value for name, value in self.settings.items() if name in arguments}

    def _map(self, answer: object, pixels: Images) -> Images:
        """Return what captum returned, if it is a map of the image."""
        if isinstance(answer, Tensor) and answer.shape == pixels.shape:
            return answer.detach().to(pixels.dtype)
        got = tuple(answer.shape) if isinstance(answer, Tensor) else type(answer).__name__
        raise ModelError(
            f"{self.attribution} must return one number a pixel and channel, shape "
            f"{tuple(pixels.shape)}, got {got}. Correct its settings."
        )


def _is_of_captum(error: BaseException) -> bool:
    """Return whether captum raised an error, and not the network that it runs."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_globals.get("__name__", "").startswith("captum.")


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence captum's warning that it sets hooks: it takes them off again, and from a copy."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Setting .*hooks")
        yield
