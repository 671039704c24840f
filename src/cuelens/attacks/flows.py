"""Moving an image along a flow, and how rough a flow is.

A flow says for each pixel of the new image where in the old one it is read, relative to its own
place and in pixels: first down the rows, then along the columns. Nothing here knows about models.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from cuelens.balls import Flow
from cuelens.tensors import Images, PerImage

__all__ = ["moved", "total_variation"]


def moved(images: Images, flow: Flow) -> Images:
    """Return the images read along a flow, bilinearly; what lies outside is the nearest pixel.

    A flow of whole pixels is exact to the last bit: zero returns the images themselves, and
    (1, 0) everywhere moves the picture up by one row, since each pixel reads the one below it.
    Gradients reach the flow and the images. Bilinear reading has a kink at each whole pixel: the
    gradient there is the one towards the next row and column, in the last the one from before.

    Args:
        images: Pixels in [0, 1].
        flow: Displacements in pixels, one a pixel, the same for all channels; of the type and
            on the device of the images.

    Returns:
        Pixels in [0, 1], each a weighted mean of four.

    Source:
        Xiao et al., 2018, https://arxiv.org/abs/1801.02612, equation 1.
        Differs: beyond the border the nearest pixel is read, where the equation reads nothing.
    """
    height, width = images.shape[2:]
    # Parted before a coordinate is added, which would round the flow and move what should stay.
    rows, down = _parted(torch.arange(height, device=flow.device)[:, None], flow[:, 0], height)
    columns, along = _parted(torch.arange(width, device=flow.device), flow[:, 1], width)
    pixels = images.flatten(2)

    def read(below: int, beside: int) -> Tensor:
        row = (rows + below).clamp(0, height - 1)
        column = (columns + beside).clamp(0, width - 1)
        places = (row * width + column).flatten(1)[:, None]
        return pixels.gather(2, places.expand_as(pixels)).view(images.shape)

    upper = read(0, 0) * (1 - along) + read(0, 1) * along
    lower = read(1, 0) * (1 - along) + read(1, 1) * along
    # Needs no clamp: (1 - share) + share is at most 1 in floating point too.
    return upper * (1 - down) + lower * down


def _parted(
    own: Tensor, way: Float[Tensor, "batch height width"], size: int
) -> tuple[Int[Tensor, "batch height width"], Images]:
    """Return the last place before each pixel's goal, and what share of a pixel the goal is on."""
    whole = way.detach().floor()
    whole = torch.maximum(torch.minimum(whole, max(size - 2, 0) - own), -own)
    return own + whole.long(), (way - whole).clamp(0, 1)[:, None]


def total_variation(flow: Flow) -> PerImage:
    """Return how much neighbouring displacements differ: 0 where the whole image moves as one.

    Args:
        flow: Displacements in pixels.

    Returns:
        The Euclidean length of the difference, in pixels, averaged over all pairs of neighbours
        in a row or a column; 0 for a single pixel. Its gradient is 0 where two are alike.

    Source:
        Xiao et al., 2018, https://arxiv.org/abs/1801.02612, equation 4.
        Differs: the mean over the pairs, which means the same at any resolution; the paper sums
        each pair twice, which is 3,968 times this at 32 px.
    """
    height, width = flow.shape[2:]
    pairs = (height - 1) * width + height * (width - 1)
    differences = (flow.diff(dim=2), flow.diff(dim=3))
    lengths: list[Tensor] = [torch.linalg.vector_norm(one, dim=1) for one in differences]
    return (lengths[0].flatten(1).sum(1) + lengths[1].flatten(1).sum(1)) / max(pairs, 1)
