"""Image quilting: a picture sewn together from patches of another.

It knows pictures of whole numbers and says, for each pixel of the new picture, which pixel of the
old one it is; what a quilt is for it does not know. Sums of squares of whole numbers are exact, so
that neither the batch nor the number of threads changes which patch fits best.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from cuelens.transforms.boundary_cut import beyond_the_cut

__all__ = ["Grid", "quilt"]

_COMPARED = 320
"""How many pixels of a patch are compared at most: all at 32 px, one in five at 224 px."""

_Floats = NDArray[np.floating[Any]]
_Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the patches of a quilt lie: rows and columns of squares that overlap.

    Attributes:
        height: Of the pictures.
        width: Of the pictures.
        patch: Side of a patch, at most the shorter side of the pictures.
        overlap: How many pixels neighbours share, at most half of `patch`.
    """

    height: int
    width: int
    patch: int
    overlap: int

    @property
    def step(self) -> int:
        """From a patch to the next."""
        return self.patch - self.overlap

    @property
    def rows(self) -> int:
        """How many patches lie below each other; the last may reach over the border."""
        return max(1, -((self.overlap - self.height) // self.step))

    @property
    def columns(self) -> int:
        """How many patches lie side by side."""
        return max(1, -((self.overlap - self.width) // self.step))

    @property
    def compared(self) -> int:
        """How many pixels of a patch are compared: all that may overlap others, or a part."""
        return len(range(0, self.patch**2 - self.step**2, self.stride))

    @property
    def stride(self) -> int:
        """Of the pixels that may overlap, each so manieth is compared."""
        return max(1, -(-(self.patch**2 - self.step**2) // _COMPARED))

    def positions(self) -> _Ints:
        """Return where a patch may be taken from: pixels in reading order, its upper left."""
        down = np.arange(self.height - self.patch + 1)[:, None]
        return (down * self.width + np.arange(self.width - self.patch + 1)).ravel()

    def waves(self) -> list[tuple[_Ints, _Ints]]:
        """Return the places (rows, columns) that are filled at once, in order.

        A patch meets those above it, on its left and above on its right: all of these are in
        earlier waves.
        """
        row, column = np.divmod(np.arange(self.rows * self.columns), self.columns)
        wave = 2 * row + column
        return [(row[wave == at], column[wave == at]) for at in np.unique(wave)]


@cache
def _strips(patch: int, overlap: int) -> tuple[_Ints, _Ints]:
    """Return the pixels of a patch that may overlap, and where among them the two strips are.

    Both strips run along their first axis: that on the left downwards, that above to the right.
    """
    down, right = np.divmod(np.arange(patch**2), patch)
    inside = np.flatnonzero((down < overlap) | (right < overlap))
    rank = np.zeros(patch**2, dtype=np.int64)
    rank[inside] = np.arange(len(inside))
    square = rank.reshape(patch, patch)
    return inside, np.stack([square[:, :overlap], square[:overlap].T])


def _one_of_the_best(errors: _Floats, draws: _Floats, tolerance: float) -> _Ints:
    """Return one of the candidates (last axis) whose error is near the smallest."""
    good = errors <= errors.min(-1, keepdims=True) * (1 + tolerance)
    rank = good.cumsum(-1)
    wanted = np.floor(draws * rank[..., -1])
    chosen: _Ints = (rank > wanted[..., None]).argmax(-1)
    return chosen


class _Sewing:
    """Pictures of one size, and their quilts as far as they are done."""

    def __init__(self, pictures: _Floats, positions: _Ints, grid: Grid) -> None:
        self.grid, self.positions = grid, positions
        batch, self.channels = pictures.shape[:2]
        # Pixels in reading order, channels last: what a patch holds is gathered by place.
        lines = pictures.reshape(batch, self.channels, -1).transpose(0, 2, 1)
        self.first = (np.arange(batch) * lines.shape[1])[:, None, None]
        self.pixels = lines.reshape(-1, self.channels)
        self.source_down, self.source_right = np.divmod(positions.astype(np.int32), grid.width)
        self.taken = np.zeros(positions.shape, dtype=np.int16)
        self.wide = grid.step * grid.columns + grid.overlap
        high = grid.step * grid.rows + grid.overlap
        self.quilt = np.zeros((batch, high * self.wide), dtype=np.int64)
        self.chosen = np.zeros((batch, grid.rows, grid.columns), dtype=np.int64)
        self.inside, self.strips = _strips(grid.patch, grid.overlap)
        down, right = np.divmod(np.arange(grid.patch**2), grid.patch)
        self.in_picture, self.in_quilt = down * grid.width + right, down * self.wide + right
        self.compared = self.inside[:: grid.stride]
        self.down, self.right = down[self.compared], right[self.compared]
        places = positions[:, :, None] + self.in_picture[self.compared]
        self.bank = self._at(places).reshape(*positions.shape, -1)
        kinds = np.array([[False, False], [False, True], [True, False], [True, True]])
        counted = np.repeat(self._overlaps(*kinds.T), self.channels, 1).astype(self.bank.dtype)
        self.energies = np.matmul(counted, (self.bank**2).transpose(0, 2, 1))

    def _at(self, places: _Ints) -> _Floats:
        """Return the pixels of each picture at its places, channels last."""
        return self.pixels.take(places + self.first, axis=0, mode="clip")  # clip: not checked

    def _overlaps(self, below: NDArray[np.bool_], beside: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which compared pixels overlap, for patches below others and beside others."""
        above_strip = below[:, None] & (self.down < self.grid.overlap)
        left_strip = beside[:, None] & (self.right < self.grid.overlap)
        return above_strip | left_strip

    def _near(self, down: _Ints, right: _Ints) -> NDArray[np.bool_]:
        """Return which positions of a picture lie within half a patch of each of these."""
        near = self.grid.patch // 2
        close: NDArray[np.bool_]
        close = np.abs(self.source_down[:, None] - down[..., None].astype(np.int32)) <= near
        close &= np.abs(self.source_right[:, None] - right[..., None].astype(np.int32)) <= near
        return close

    def _continuing(self, rows: _Ints, columns: _Ints) -> NDArray[np.bool_]:
        """Return which positions go on where a neighbour in the quilt ends, or nearly.

        They fit best of all, and would copy the picture as a whole.
        """
        found = np.zeros((len(self.positions), len(rows), self.positions.shape[1]), dtype=bool)
        for rise, shift in ((1, 0), (0, 1)):
            place = self.chosen[:, rows - rise, columns - shift]
            down, right = np.divmod(place, self.grid.width)
            close = self._near(down + rise * self.grid.step, right + shift * self.grid.step)
            found |= close & ((rows >= rise) & (columns >= shift))[:, None]
        return found

    def _barred(self, rows: _Ints, columns: _Ints) -> NDArray[np.bool_]:
        """Return which positions are not to be taken for these places.

        Flat patches fit anywhere: by fit alone, a quilt drifts into the background and stays
        there. So a patch is one of those that were taken least so far.
        """
        never = np.iinfo(self.taken.dtype).max
        taken = np.where(self._continuing(rows, columns), never, self.taken[:, None])
        barred: NDArray[np.bool_] = taken > taken.min(-1, keepdims=True)
        return barred

    def fill(self, rows: _Ints, columns: _Ints, draws: _Floats, tolerance: float) -> None:
        """Choose the patches of these places, with one uniform draw for each, and sew them in."""
        below, beside = rows > 0, columns > 0
        corner = (rows * self.wide + columns) * self.grid.step
        under = self.quilt[:, corner[:, None] + self.in_quilt]
        overlaps = self._overlaps(below, beside)[:, :, None]
        old = (self._at(under[:, :, self.compared]) * overlaps).reshape(*under.shape[:2], -1)
        # Place by place: for two or three rows at once the library is slower than for each alone.
        products = [np.matmul(self.bank, each[..., None])[..., 0] for each in old.swapaxes(0, 1)]
        errors = np.stack(products, 1)
        errors *= -2
        errors += self.energies[:, 2 * below + beside]
        errors += (old**2).sum(-1, keepdims=True)
        np.putmask(errors, self._barred(rows, columns), np.inf)
        choice = _one_of_the_best(errors, draws, tolerance)
        chosen = np.take_along_axis(self.positions, choice, 1)
        self.chosen[:, rows, columns] = chosen
        self.taken += self._near(*np.divmod(chosen, self.grid.width)).sum(1, dtype=np.int16)
        new = chosen[:, :, None] + self.in_picture
        change = self._at(new[:, :, self.inside]) - self._at(under[:, :, self.inside])
        cost = (change**2).sum(-1)
        shown = self._shown(cost, np.stack([beside, below], 1))
        self.quilt[:, corner[:, None] + self.in_quilt] = np.where(shown, new, under)

    def _shown(self, cost: _Floats, meets: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which pixels of the new patches are on their side of the cuts."""
        batch, places = cost.shape[:2]
        patch, overlap = self.grid.patch, self.grid.overlap
        shown = np.ones((batch, places, patch, patch), dtype=bool)
        if overlap:
            strips = cost[:, :, self.strips].reshape(-1, patch, overlap)
            beyond = beyond_the_cut(strips).reshape(batch, places, 2, patch, overlap)
            beyond |= ~meets[:, :, None, None]
            shown[..., :overlap] &= beyond[:, :, 0]
            shown[..., :overlap, :] &= beyond[:, :, 1].swapaxes(-1, -2)
        return shown.reshape(batch, places, -1)


def quilt(
    pictures: Int[np.ndarray, "batch channel height width"],
    *,
    positions: Int[np.ndarray, "batch position"],
    draws: Float[np.ndarray, "batch row column"],
    grid: Grid,
    tolerance: float,
) -> Int[np.ndarray, "batch height width"]:
    """Return, for each pixel of each quilt, the pixel of its picture that it shows.

    Args:
        pictures: Whole numbers from 0 to 127.
        positions: Where patches may be taken from, such as `grid.positions()`.
        draws: Uniform numbers in [0, 1), one for each patch of the grid.
        grid: Of these pictures.
        tolerance: Patches whose squared error is at most 1 + this times the smallest may be taken.

    Returns:
        Pixels in reading order.

    Source:
        Efros & Freeman, 2001, https://doi.org/10.1145/383259.383296, section 2.
        Differs: a patch that lies in the picture where a neighbour in the quilt would go on, or
        within half a patch of it, is not taken, since a picture quilted of itself would be
        itself; nor is one while others have been taken less often (half a patch away counts as
        the same), so that all parts of the picture come to be in the quilt.
    """
    # Whole numbers are exact in float32 up to 2^24, and twice as fast to multiply.
    largest = max(grid.compared, grid.patch) * pictures.shape[1] * 127**2
    kind = np.float32 if largest < 2**24 else np.float64
    sewing = _Sewing((pictures - 64).astype(kind), positions, grid)
    for rows, columns in grid.waves():
        sewing.fill(rows, columns, draws[:, rows, columns], tolerance)
    whole = sewing.quilt.reshape(len(pictures), -1, sewing.wide)
    return whole[:, : grid.height, : grid.width]
