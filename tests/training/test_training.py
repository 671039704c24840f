"""What determines a training has one name, and what cannot be trained is refused."""

from dataclasses import replace

import pytest
import torch

from cuelens.errors import ConfigError, DataError
from cuelens.training import Constant
from cuelens.transforms import Greyscale


def test_steps_are_whole_batches(make_training):
    training = make_training()
    assert (training.steps_per_epoch, training.steps) == (3, 6)


def test_replays_multiply_the_steps(make_training, recipes):
    training = make_training(replace(recipes["standard"], replays=4))
    assert (training.batches_per_epoch, training.steps_per_epoch, training.steps) == (3, 12, 24)


def test_the_content_of_the_file_to_start_from_is_part_of_the_key(make_training, recipes, tmp_path):
    file = tmp_path / "start.safetensors"
    training = make_training(replace(recipes["standard"], from_file=str(file)))
    keys = [training.key]
    for content in (b"one", b"two"):
        file.write_bytes(content)
        keys.append(training.key)
    assert len(set(keys)) == 3


def test_the_key_is_the_same_for_the_same_settings(make_training):
    assert make_training().key == make_training().key
    assert len(make_training().key) == 32


def test_everything_that_changes_the_weights_changes_the_key(make_training, make_noise, recipes):
    data = make_noise(27)
    others = [
        make_training(),
        make_training(seed=1),
        make_training(architecture="resnet18"),
        make_training(recipes["min-max"]),
        make_training(replace(recipes["standard"], schedule=Constant(rate=0.06))),
        make_training(training=make_noise(27, seed=5)),
        make_training(validation=make_noise(12, seed=5)),
        make_training(device=torch.device("meta")),
        make_training(replace(recipes["standard"], replays=2)),
        make_training(replace(recipes["standard"], cutoff=3.0)),
        make_training(replace(recipes["standard"], repaint=Greyscale())),
        make_training(
            training=replace(data, class_names=("ant", "bee", "dog")),
            validation=replace(make_noise(12, seed=1), class_names=("ant", "bee", "dog")),
        ),
    ]
    assert len({training.key for training in others}) == len(others)


def test_fewer_images_than_a_batch_are_refused(make_training, make_noise):
    with pytest.raises(ConfigError) as caught:
        make_training(training=make_noise(7))
    assert str(caught.value) == (
        "`batch_size` must be at most the number of training images, 7, got 8. Lower it, or give "
        "more images."
    )


def test_no_validation_images_are_refused(make_training, make_noise):
    with pytest.raises(DataError) as caught:
        make_training(validation=make_noise(12).take(torch.arange(0), name="empty"))
    assert str(caught.value) == (
        "`validation` must hold at least 1 image, got none. Hold some training images out."
    )


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("ant", "cat", "bee"), "expected 'bee' as class 1, got 'cat'"),
        (("ant", "bee", "cat", "dog"), "expected None as class 3, got 'dog'"),
    ],
)
def test_validation_images_of_other_classes_are_refused(make_training, make_noise, names, message):
    with pytest.raises(DataError) as caught:
        make_training(validation=replace(make_noise(12), class_names=names))
    assert str(caught.value) == (
        f"`validation` must have the classes of `training` in the same order, {message}. "
        "Give two parts of one data set."
    )
