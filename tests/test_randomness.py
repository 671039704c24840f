"""Keyed chance: the same for any batch and order, another for any other key, and truly random."""

import hashlib

import numpy as np
import pytest
import torch
from scipy import stats

from cuelens import randomness
from cuelens.errors import ConfigError
from cuelens.randomness import Chance, keyed_generator

IDS = tuple(f"test/{row:05d}" for row in range(64))

DRAWS = {
    "uniform": lambda chance, method="m", draw=0: chance.uniform((3, 4), method=method, draw=draw),
    "normal": lambda chance, method="m", draw=0: chance.normal((3, 4), method=method, draw=draw),
    "permutations": lambda chance, method="m", draw=0: chance.permutations(
        16, method=method, draw=draw
    ),
}
every_draw = pytest.mark.parametrize("draw_of", DRAWS.values(), ids=DRAWS)


@every_draw
def test_neither_the_batch_nor_the_order_changes_a_draw(draw_of):
    together = draw_of(Chance(5, IDS))
    alone = torch.cat([draw_of(Chance(5, (image,))) for image in IDS])
    backwards = draw_of(Chance(5, IDS[::-1])).flip(0)
    assert torch.equal(together, alone)
    assert torch.equal(together, backwards)


@every_draw
def test_what_was_drawn_before_changes_nothing(draw_of):
    chance = Chance(5, IDS)
    first = draw_of(chance)
    chance.normal((100,), method="something else")
    torch.rand(3)
    assert torch.equal(first, draw_of(chance))


@every_draw
def test_every_part_of_the_key_changes_every_image(draw_of):
    reference = draw_of(Chance(5, IDS)).flatten(1)
    others = [
        draw_of(Chance(6, IDS)),
        draw_of(Chance(5, tuple(f"train{image}" for image in IDS))),
        draw_of(Chance(5, IDS), method="n"),
        draw_of(Chance(5, IDS), draw=1),
    ]
    for other in others:
        assert (reference != other.flatten(1)).any(1).all()


@every_draw
def test_the_global_random_state_is_neither_read_nor_changed(draw_of):
    torch.manual_seed(3)
    np.random.seed(3)  # noqa: NPY002 - the global state is what this test watches
    state, numpy_state = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    draw_of(Chance(5, IDS))
    assert torch.equal(state, torch.get_rng_state())
    assert (numpy_state == np.random.get_state()[1]).all()  # noqa: NPY002


@pytest.mark.parametrize("kind", ["uniform", "normal"])
def test_large_draws_are_the_same_on_any_number_of_threads(kind, monkeypatch):
    chance, shape = Chance(5, IDS[:6]), (3, 200, 200)
    drawn = {}
    for threads in (1, 2, 5):
        monkeypatch.setattr(torch, "get_num_threads", lambda threads=threads: threads)
        drawn[threads] = getattr(chance, kind)(shape, method="m", draw=1)
    assert drawn[1].numel() > randomness._MANY
    assert torch.equal(drawn[1], drawn[2])
    assert torch.equal(drawn[1], drawn[5])
    alone = getattr(chance.take([4]), kind)(shape, method="m", draw=1)
    assert torch.equal(alone[0], drawn[5][4])


@pytest.mark.parametrize("kind", ["uniform", "normal"])
def test_one_number_an_image_is_a_draw_too(kind):
    chance = Chance(5, IDS)
    one = getattr(chance, kind)((), method="m")
    assert one.shape == (64,)
    assert torch.equal(one[:, None], getattr(chance, kind)((1,), method="m"))


def test_take_keeps_the_chance_of_each_image():
    chance = Chance(5, IDS)
    rows = [9, 2, 2]
    for indices in (rows, torch.tensor(rows)):
        taken = chance.take(indices)
        assert len(taken) == 3
        assert taken.ids == tuple(IDS[row] for row in rows)
        assert torch.equal(
            taken.uniform((4,), method="m"), chance.uniform((4,), method="m")[torch.tensor(rows)]
        )


def test_the_values_are_the_same_on_every_machine_and_for_ever():
    chance = Chance(7, ("test/00000", "test/00001"))
    torch.testing.assert_close(
        chance.uniform((3,), method="m"),
        torch.tensor(
            [
                [0.31307846307754517, 0.22203922271728516, 0.37991493940353394],
                [0.6347818374633789, 0.8941677808761597, 0.512618899345398],
            ]
        ),
        rtol=0,
        atol=0,
    )
    torch.testing.assert_close(
        chance.normal((2,), method="m", draw=1),
        torch.tensor(
            [[-1.663709282875061, -0.7605074048042297], [0.1315307766199112, -1.1482182741165161]]
        ),
        rtol=1e-6,
        atol=0,
    )
    assert chance.permutations(6, method="m").tolist() == [[5, 3, 4, 2, 0, 1], [4, 2, 5, 0, 1, 3]]
    assert keyed_generator(0).integers(0, 1 << 32, 3).tolist() == [
        1146253124,
        2555983773,
        3757365754,
    ]


def test_seeds_that_agree_modulo_two_to_the_thirty_two_differ():
    assert keyed_generator(1).random() != keyed_generator(1 + 2**32).random()


def test_the_parts_of_a_key_are_kept_apart():
    assert keyed_generator(1, "ab", "c").random() != keyed_generator(1, "a", "bc").random()
    assert keyed_generator(1, "23").random() != keyed_generator(12, "3").random()


def test_uniform_numbers_are_uniform_within_and_across_images():
    many = Chance(0, tuple(str(row) for row in range(2000))).uniform((8,), method="m")
    assert many.dtype == torch.float32
    assert many.min() >= 0
    assert many.max() < 1
    assert stats.kstest(many.flatten().numpy(), "uniform").pvalue > 0.001
    assert stats.kstest(many[:, 0].numpy(), "uniform").pvalue > 0.001
    assert abs(np.corrcoef(many[:-1, 0], many[1:, 0])[0, 1]) < 0.08


def test_normal_numbers_are_normal_within_and_across_images():
    many = Chance(0, tuple(str(row) for row in range(2000))).normal((8,), method="m")
    assert many.dtype == torch.float32
    assert stats.kstest(many.flatten().numpy(), "norm").pvalue > 0.001
    assert stats.kstest(many[:, 0].numpy(), "norm").pvalue > 0.001


MANY = Chance(0, tuple(str(row) for row in range(12_000)))


def test_permutations_are_all_equally_likely():
    rows = MANY.permutations(4, method="m")
    assert rows.dtype == torch.int64
    assert (rows.sort(1).values == torch.arange(4)).all()
    _, counts = rows.unique(dim=0, return_counts=True)
    assert len(counts) == 24
    assert stats.chisquare(counts.numpy()).pvalue > 0.001


@pytest.mark.parametrize("length", [16, 64])
def test_every_item_is_equally_often_in_every_place(length):
    rows = MANY.permutations(length, method="m")
    assert (rows.sort(1).values == torch.arange(length)).all()
    counts = np.array([np.bincount(place, minlength=length) for place in rows.T.numpy()])
    # Rows and columns of the table both sum to the number of images.
    statistic = ((counts - len(MANY) / length) ** 2).sum() / (len(MANY) / length)
    assert 0.001 < stats.chi2.sf(statistic, (length - 1) ** 2) < 0.999


def test_which_item_follows_which_is_even_too():
    rows = MANY.permutations(16, method="m").numpy()
    pairs = np.bincount((rows[:, 4] * 16 + rows[:, 5]), minlength=256).reshape(16, 16)
    apart = pairs[~np.eye(16, dtype=bool)]
    assert apart.sum() == len(MANY)
    assert stats.chisquare(apart).pvalue > 0.001


def test_a_permutation_sorts_the_words_of_the_keys_hash():
    rows = Chance(5, IDS).permutations(37, method="m", draw=2)
    for image, row in zip(IDS, rows, strict=True):
        digest = hashlib.shake_128(f"5\x1f{image}\x1fm\x1f2".encode()).digest(37 * 8)
        words = [int.from_bytes(digest[place : place + 8], "little") for place in range(0, 296, 8)]
        assert row.tolist() == sorted(range(37), key=lambda place: words[place])


@pytest.mark.parametrize("length", [0, 1, 2, 3])
def test_the_shortest_permutations(length):
    rows = Chance(5, IDS).permutations(length, method="m")
    assert rows.shape == (64, length)
    assert (rows.sort(1).values == torch.arange(length)).all()


def test_no_images_give_no_numbers():
    nobody = Chance(0, ())
    assert len(nobody) == 0
    assert nobody.uniform((3,), method="m").shape == (0, 3)
    assert nobody.normal((3,), method="m").shape == (0, 3)
    assert nobody.permutations(4, method="m").shape == (0, 4)


def test_a_negative_seed_is_refused():
    with pytest.raises(ConfigError) as caught:
        keyed_generator(-1)
    assert str(caught.value) == "`seed` must be at least 0, got -1."
    with pytest.raises(ConfigError) as caught:
        Chance(-1, IDS).permutations(3, method="m")
    assert str(caught.value) == "`seed` must be at least 0, got -1."
