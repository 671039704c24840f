"""A model at an address and, where there are some, a person's images: what there is to say."""

from dataclasses import replace

from cuelens.sources import Stated
from cuelens.study.audit import images_for
from cuelens.study.models.inspection import Inspection, inspection_of
from cuelens.study.models.opening import opened_at
from cuelens.study.preflight import kept_preflight
from cuelens.study.progress import Progress, silent

__all__ = ["inspect_address"]


def inspect_address(
    address: str,
    *,
    data: str | None = None,
    limit: int | None = 200,
    stated: Stated | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Inspection:
    """Return what was understood of a model and, with images, what the pre-flight found.

    Args:
        address: Of the model, as `opened_at` takes it.
        data: Of the images, as `OwnImages` takes it; None: no pre-flight.
        limit: On how many images it looks, drawn by chance; None: all.
        stated: What the source does not say, or says otherwise.
        seed: Of the draw.
        progress: Told of every step.

    Raises:
        ModelError: If the model cannot be opened.
        CuelensError: As `OwnImages` and `preflight` raise it.
    """
    opened = opened_at(address, stated=stated)
    said = inspection_of(opened.classifier, origin=opened.origin)
    if data is None:
        return said
    images = images_for(data, opened.classifier, limit=limit).open_test(None, seed=seed)
    found = kept_preflight(
        opened.classifier,
        images,
        folder=None,
        limit=limit,
        seed=seed,
        progress=lambda done, total, note: progress("pre-flight", done, total, note),
    )
    looked = f"Pre-flight on {len(images):,} images of {images.name}."
    return replace(said, images=looked, findings=found)
