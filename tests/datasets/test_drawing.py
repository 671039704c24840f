"""Some images of a data set, drawn by chance: the same whenever they are asked for."""

import pytest
import torch
from tests.datasets.test_in_memory import made

from cuelens.datasets.drawing import drawn_images
from cuelens.errors import ConfigError


def test_so_many_images_are_drawn_and_fewer_of_them_are_part_of_more():
    few, more = (drawn_images(made(), limit, seed=3) for limit in (5, 20))
    assert (len(few), few.name, more.name) == (5, "made-5", "made-20")
    assert set(few.ids) < set(more.ids)
    assert list(more.ids) == [one for one in made().ids if one in more.ids]
    assert set(more.labels.tolist()) == {0, 1, 2}
    assert few.fingerprint == drawn_images(made(), 5, seed=3).fingerprint
    assert few.fingerprint != drawn_images(made(), 5, seed=4).fingerprint
    row = made().ids.index(few.ids[0])
    first = torch.tensor([0])
    assert torch.equal(few.images(first), made().images(torch.tensor([row])))


def test_no_limit_or_one_beyond_all_leaves_the_images_as_they_are():
    images = made()
    assert drawn_images(images, None, seed=0) is images
    assert drawn_images(images, 50, seed=0) is images
    with pytest.raises(ConfigError) as error:
        drawn_images(images, 0, seed=0)
    assert str(error.value) == "`limit` must be at least 1 or None, got 0."
