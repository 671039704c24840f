"""Opens vision-language models as classifiers: the classes are texts that images are compared with.

Source:
    Radford et al., 2021, https://arxiv.org/abs/2103.00020, section 3.1.
    Differs: one prompt unless more are stated.
"""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from cuelens.errors import ModelError
from cuelens.sources.libraries import library_name
from cuelens.sources.opened import OpenedModel, Provenance, Stated, opened
from cuelens.sources.transformers_images import specification_of
from cuelens.sources.transformers_models import read_or_refuse

__all__ = ["PROMPT", "ZeroShot", "open_zero_shot"]

PROMPT = "a photo of a {}."
"""What is said of each class where no prompts are stated."""

_TEXTS_AT_ONCE = 256


class ZeroShot(nn.Module):
    """Compares images with the text of each class.

    Args:
        model: Of transformers; its part that reads texts is not kept.
        texts: One unit vector a class.
    """

    texts: Tensor

    def __init__(self, model: Any, texts: Tensor) -> None:
        """Keep what reads images."""
        super().__init__()
        model.text_model = nn.Identity()
        self.model = model
        self.register_buffer("texts", texts)

    def forward(self, images: Tensor) -> Tensor:
        """Return logits, shape (batch, class): scaled cosines."""
        found = normalize(_vectors(self.model.get_image_features(pixel_values=images)), dim=-1)
        logits: Tensor = found @ self.texts.T * self.model.logit_scale.exp()
        bias = getattr(self.model, "logit_bias", None)
        return logits if bias is None else logits + bias


def open_zero_shot(
    transformers: Any, place: str, stated: Stated, *, address: str, kind: str
) -> OpenedModel:
    """Return a vision-language model that answers in the stated classes.

    Args:
        transformers: The library.
        place: A repository or a folder.
        stated: Its class names are put into its prompts, or into `PROMPT`; vectors of several
            prompts are averaged.
        address: As it was given.
        kind: "clip" or "siglip".

    Raises:
        ModelError: If no class names are stated, or something is not there.
    """
    names = stated.class_names
    if names is None:
        raise ModelError(
            f"A vision-language model has no classes of its own, and none are stated for {address}."
            " Give their names, one a line, with `--classes FILE`."
        )
    model, loading = read_or_refuse(
        transformers.AutoModelForZeroShotImageClassification.from_pretrained,
        place,
        what="a vision-language model",
        output_loading_info=True,
    )
    if loading["missing_keys"]:
        missing = ", ".join(sorted(loading["missing_keys"])[:4])
        raise ModelError(f"Expected all weights in {address}, got none for {missing}.")
    tokenizer = read_or_refuse(
        transformers.AutoTokenizer.from_pretrained, place, what="a tokenizer"
    )
    prompts = stated.prompts or (PROMPT,)
    specification, notes, preprocessing = specification_of(
        transformers, place, model.config.vision_config
    )
    network = ZeroShot(model, _text_vectors(model.eval(), tokenizer, names, prompts, kind=kind))
    said = "; ".join(prompts)
    return opened(
        network,
        Provenance(
            address=address,
            library=library_name("transformers"),
            architecture=type(model).__name__,
            weights=place,
            classes="stated",
            preprocessing=preprocessing,
            notes=(*notes, f"Images are compared with the text of each class: {said}"),
        ),
        name=Path(place).name,
        specification=specification,
        class_names=names,
        stated=stated,
    )


def _vectors(found: Any) -> Tensor:
    """Return one vector a row of what transformers gives: earlier versions give it bare."""
    vectors: Tensor = found if isinstance(found, Tensor) else found.pooler_output
    return vectors


@torch.no_grad()
def _text_vectors(
    model: Any, tokenizer: Any, names: tuple[str, ...], prompts: tuple[str, ...], *, kind: str
) -> Tensor:
    """Return one unit vector a class: the mean of the unit vectors of its prompts."""
    # SigLIP was trained on texts that were filled up to one length.
    padding = "max_length" if kind == "siglip" else True
    total = torch.zeros(())
    for prompt in prompts:
        texts = [prompt.format(name) for name in names]
        parts = []
        for start in range(0, len(texts), _TEXTS_AT_ONCE):
            tokens = tokenizer(
                texts[start : start + _TEXTS_AT_ONCE],
                padding=padding,
                truncation=True,
                return_tensors="pt",
            )
            read = {
                name: tokens[name] for name in ("input_ids", "attention_mask") if name in tokens
            }
            parts.append(normalize(_vectors(model.get_text_features(**read)), dim=-1))
        total = total + torch.cat(parts)
    return normalize(total, dim=-1)
