"""Opens image classifiers of transformers: repositories of the hub and local folders.

It knows configurations and weights; how images are prepared is read in `transformers_images`, and
vision-language models are in `zero_shot`. No code of a repository is run.
"""

from pathlib import Path
from typing import Any

from torch import Tensor, nn

from cuelens.errors import ModelError
from cuelens.sources.libraries import imported, library_name
from cuelens.sources.opened import OpenedModel, Provenance, Stated, numbered, opened
from cuelens.sources.transformers_images import specification_of

__all__ = ["ImageLogits", "open_transformers", "read_or_refuse"]

_ZERO_SHOT = ("clip", "siglip")


class ImageLogits(nn.Module):
    """Gives the logits alone of a classifier of transformers."""

    def __init__(self, model: nn.Module) -> None:
        """Take the model as it is."""
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        """Return logits, shape (batch, class)."""
        logits: Tensor = self.model(pixel_values=images).logits
        return logits


def open_transformers(place: str, stated: Stated) -> OpenedModel:
    """Return a classifier of the hub or of a folder.

    Args:
        place: A repository, such as "microsoft/resnet-18", or a folder with config.json.
        stated: What takes the place of what the repository says. Of a vision-language model the
            class names must be.

    Raises:
        ModelError: If transformers is not installed, or nothing is there, or it is no classifier.
        ConfigError: If what is stated does not fit.
    """
    transformers = imported("transformers", extra="hf")
    address = place if Path(place).is_dir() else f"hf:{place}"
    config = read_or_refuse(transformers.AutoConfig.from_pretrained, place, what="a configuration")
    if config.model_type in _ZERO_SHOT:
        from cuelens.sources.zero_shot import open_zero_shot

        return open_zero_shot(transformers, place, stated, address=address, kind=config.model_type)
    model, loading = read_or_refuse(
        transformers.AutoModelForImageClassification.from_pretrained,
        place,
        what="an image classifier",
        output_loading_info=True,
    )
    missing = sorted(loading["missing_keys"])
    if missing:
        raise ModelError(
            f"Expected the weights of an image classifier in {address}, got none for "
            f"{', '.join(missing[:4])}: its last layer would be random. Give a repository that was "
            "trained to classify."
        )
    specification, notes, preprocessing = specification_of(transformers, place, model.config)
    labels = [str(model.config.id2label[place]) for place in range(model.config.num_labels)]
    unnamed = all(label == f"LABEL_{row}" for row, label in enumerate(labels))
    return opened(
        ImageLogits(model),
        Provenance(
            address=address,
            library=library_name("transformers"),
            architecture=type(model).__name__,
            weights=place,
            classes="numbered" if unnamed else "the repository's configuration",
            preprocessing=preprocessing,
            notes=notes,
        ),
        name=Path(place).name,
        specification=specification,
        class_names=numbered(len(labels)) if unnamed else tuple(labels),
        stated=stated,
        numbered_by_us=unnamed,
    )


def read_or_refuse(read: Any, place: str, *, what: str, **settings: Any) -> Any:
    """Return what transformers reads at a place; its errors are said in words.

    Raises:
        ModelError: If nothing is there, or it is something else.
    """
    try:
        return read(place, trust_remote_code=False, **settings)
    except (OSError, ValueError, KeyError) as error:
        lines = str(error).strip().splitlines()
        raise ModelError(
            f"Expected {what} of transformers at {place}, got an error: "
            f"{lines[0].rstrip('.') if lines else type(error).__name__}. Check the name; connect "
            "to the network once, or give the folder of a copy."
        ) from error
