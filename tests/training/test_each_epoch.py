"""What is told of the network after each epoch."""

import pytest
import torch

from cuelens.training import train


def weights(classifier) -> list[torch.Tensor]:
    return list(classifier.network.state_dict().values())


def test_the_network_of_each_epoch_is_told_with_its_entry(make_training, recipes, tmp_path):
    told = []

    def note(classifier, entry):
        told.append((weights(classifier), entry))

    trained = train(make_training(recipes["standard"]), folder=tmp_path, each_epoch=note)
    assert [entry for _, entry in told] == list(trained.history)
    assert [entry["epoch"] for _, entry in told] == [1.0, 2.0]
    for own, classifier, epoch in (
        (told[-1][0], trained.last, trained.last_epoch),
        (told[int(trained.epoch) - 1][0], trained.classifier, trained.epoch),
    ):
        assert epoch in (1.0, 2.0)
        pairs = zip(own, weights(classifier), strict=True)
        assert all(torch.equal(one, other) for one, other in pairs)
    first, second = (own[0] for own, _ in told)
    assert not torch.equal(first, second)


def test_an_epoch_is_told_before_it_is_saved_so_that_none_is_lost(make_training, recipes, tmp_path):
    training, told = make_training(recipes["standard"]), []

    def stop(_classifier, entry):
        told.append(entry["epoch"])
        if told == [1.0]:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(training, folder=tmp_path, each_epoch=stop)
    train(training, folder=tmp_path, each_epoch=stop)
    assert told == [1.0, 1.0, 2.0]
