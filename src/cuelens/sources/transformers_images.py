"""How an image processor of transformers prepares images, as an input specification."""

from collections.abc import Mapping
from typing import Any

from cuelens.networks.input_specification import Fit, InputSpecification, Interpolation

__all__ = ["specification_of"]

_INTERPOLATIONS: Mapping[int, Interpolation] = {
    0: "nearest",
    1: "lanczos",
    2: "bilinear",
    3: "bicubic",
}
"""Pillow's numbers."""

_WARPED_FROM = 384  # the side from which ConvNeXT's processor stretches instead of cropping


def specification_of(
    transformers: Any, place: str, config: Any
) -> tuple[InputSpecification, tuple[str, ...], str]:
    """Return what a model of transformers expects, what differs here, and where that comes from.

    Args:
        transformers: The library.
        place: A repository or a folder.
        config: The model's own; it tells the size where nothing tells how images are prepared.
    """
    channels = getattr(config, "num_channels", 3)
    try:
        processor = transformers.AutoImageProcessor.from_pretrained(place, backend="pil")
    except (OSError, ValueError):
        side = getattr(config, "image_size", None)
        height, width = (side, side) if isinstance(side, int) else (side or (None, None))
        return (
            InputSpecification(
                height=height, width=width, mean=(0.0,) * channels, deviation=(1.0,) * channels
            ),
            (),
            "not known, there is no preprocessor_config.json: pixels in [0, 1] as they are",
        )
    height, width, crop, fit, notes = _geometry(processor)
    resample = getattr(processor, "resample", None)
    interpolation = _INTERPOLATIONS.get(2 if resample is None else int(resample))
    if interpolation is None:
        notes.append(f"Its images are resized by Pillow's filter {resample}; here bilinearly.")
        interpolation = "bilinear"
    mean, deviation = _normalisation(processor, channels)
    return (
        InputSpecification(
            height=height,
            width=width,
            mean=mean,
            deviation=deviation,
            crop=crop,
            interpolation=interpolation,
            fit=fit,
        ),
        tuple(notes),
        f"the repository's {type(processor).__name__.removesuffix('Pil')}",
    )


def _sides(size: Any) -> dict[str, int]:
    """Return a size of transformers by its names, without those that are not set."""
    names = ("height", "width", "shortest_edge", "longest_edge")
    if isinstance(size, int):
        return {"height": size, "width": size}
    values = size if isinstance(size, Mapping) else {n: getattr(size, n, None) for n in names}
    found: dict[str, Any] = {name: values.get(name) for name in names}
    return {name: int(side) for name, side in found.items() if side is not None}


def _geometry(processor: Any) -> tuple[int | None, int | None, float, Fit, list[str]]:
    """Return height, width, crop and fit of what the network reads, and what differs here."""
    notes: list[str] = []
    size = _sides(getattr(processor, "size", None)) if processor.do_resize else {}
    cropped = getattr(processor, "do_center_crop", None)
    crop = _sides(getattr(processor, "crop_size", None)) if cropped else {}
    edge, share = size.get("shortest_edge"), getattr(processor, "crop_pct", None)
    if edge is not None and share is not None and not crop:
        if edge >= _WARPED_FROM:
            return edge, edge, 1.0, "stretch", notes
        return edge, edge, edge / int(edge / share), "square", notes
    if edge is not None and crop:
        return crop["height"], crop["width"], crop["height"] / edge, "square", notes
    if edge is not None:
        notes.append("Its images keep their proportions and are not cropped; here they are.")
        return edge, edge, 1.0, "square", notes
    if "height" in size and crop:
        return crop["height"], crop["width"], crop["height"] / size["height"], "stretch", notes
    if "height" in size:
        return size["height"], size["width"], 1.0, "stretch", notes
    if crop:
        notes.append("Its images are cropped and not resized; here they are resized.")
        return crop["height"], crop["width"], 1.0, "square", notes
    return None, None, 1.0, "stretch", notes


def _normalisation(processor: Any, channels: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and deviation in units of the pixel range, whatever range the network reads."""
    scale = 255 * (processor.rescale_factor if processor.do_rescale else 1.0)
    offset = 1.0 if getattr(processor, "rescale_offset", False) else 0.0
    means, deviations = [0.0] * channels, [1.0] * channels
    if processor.do_normalize:
        means = list(processor.image_mean)[:channels]
        deviations = list(processor.image_std)[:channels]
        if getattr(processor, "include_top", False):  # EfficientNet's divides once more
            return (
                tuple((mean + offset) / scale for mean in means),
                tuple(deviation**2 / scale for deviation in deviations),
            )
    return (
        tuple((mean + offset) / scale for mean in means),
        tuple(deviation / scale for deviation in deviations),
    )
