"""Which kind of source lies at a place that a person names."""

from pathlib import Path

from cuelens.builders.image_tree import ImageTree
from cuelens.builders.layouts import Layout

__all__ = ["layout_at"]


def layout_at(source: str, *, masks: Path | None = None) -> Layout:
    """Return the layout of a source.

    Args:
        source: A folder, or the word "rendered".
        masks: A folder of masks; for folders of images alone.
    """
    return ImageTree(folder=Path(source), masks=masks)
