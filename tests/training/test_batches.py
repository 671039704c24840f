"""Which images a step sees is a pure function of the step."""

from dataclasses import replace

import pytest
import torch

from cuelens.training.batches import Batches


@pytest.fixture
def plain(make_training, recipes):
    """Twenty-seven images in batches of eight, not augmented."""
    return make_training(replace(recipes["standard"], augmentation=None))


def shown(batches, steps):
    return [image.partition("@")[0] for step in steps for image in batches(step)[2].ids]


def test_an_epoch_shows_every_image_at_most_once(plain):
    ids = shown(Batches(plain), range(3))
    assert len(ids) == len(set(ids)) == 24


def test_what_is_left_of_an_epoch_is_not_always_the_same(plain):
    batches = Batches(plain)
    left = {frozenset(plain.training.ids) - set(shown(batches, range(e, e + 3))) for e in (0, 3)}
    assert len(left) == 2


def test_every_epoch_has_another_order(plain):
    batches = Batches(plain)
    assert shown(batches, range(3)) != shown(batches, range(3, 6))


def test_images_and_labels_are_those_of_the_ids(plain):
    images, labels, chance = Batches(plain)(4)
    data = plain.training
    rows = torch.tensor([data.ids.index(image.partition("@")[0]) for image in chance.ids])
    assert torch.equal(images, data.images(rows))
    assert torch.equal(labels, data.labels[rows])
    assert labels.dtype == torch.int64


def test_a_step_is_the_same_whatever_was_asked_for_before(make_training):
    training = make_training()
    asked = Batches(training)
    for step in (5, 0, 3):
        asked(step)
    images, labels, chance = asked(4)
    fresh_images, fresh_labels, fresh_chance = Batches(training)(4)
    assert torch.equal(images, fresh_images)
    assert torch.equal(labels, fresh_labels)
    assert chance == fresh_chance


def test_the_chance_of_an_image_changes_with_the_epoch(plain):
    batches = Batches(plain)
    assert not set(batches(0)[2].ids) & {i for step in range(3, 6) for i in batches(step)[2].ids}


def test_another_seed_shows_another_order(make_training):
    one, two = Batches(make_training(seed=0)), Batches(make_training(seed=1))
    assert shown(one, range(3)) != shown(two, range(3))


def test_images_are_augmented(make_training, plain):
    images, _, _ = Batches(make_training())(0)
    assert not torch.equal(images, Batches(plain)(0)[0])


def test_ids_are_not_asked_for_again(plain):
    asked = []

    class Counting:
        class_names = plain.training.class_names
        fingerprint = name = "counting"
        labels = plain.training.labels
        images = staticmethod(plain.training.images)
        take = staticmethod(plain.training.take)

        @property
        def ids(self):
            asked.append(1)
            return plain.training.ids

        def __len__(self):
            return 27

    training = replace(plain, training=Counting())
    batches = Batches(training)
    asked.clear()
    for step in range(6):
        batches(step)
    assert not asked


def test_each_batch_is_replayed_before_the_next(plain):
    once, often = Batches(plain), Batches(replace(plain, recipe=replace(plain.recipe, replays=3)))
    for step in range(12):
        assert often(step)[2] == once(step // 3)[2]
        assert torch.equal(often(step)[0], once(step // 3)[0])
