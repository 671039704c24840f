"""Files of AdaIN's weights: what fits is read, what does not is named, and nothing is run."""

import os
import pickle
from pathlib import Path

import pytest
import torch

from cuelens.errors import ModelError
from cuelens.evaluation.keys import identity_of
from cuelens.sources import AdaINWeights
from cuelens.transforms import AdaIN

PLACE = "https://github.com/naoto0804/pytorch-AdaIN"
AGAIN = f"Get it again from {PLACE}"


class Evil:
    """Makes a file when it is read by a reader that runs code."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


def refused(encoder: object, decoder: object) -> str:
    with pytest.raises(ModelError) as caught:
        AdaINWeights(encoder=str(encoder), decoder=str(decoder))
    return str(caught.value)


@pytest.fixture
def saved(adain_weights, tmp_path):
    """Return what writes the decoder's weights, changed, and gives the path."""
    weights = torch.load(adain_weights.decoder, weights_only=True)

    def save(change, **how) -> Path:
        path = tmp_path / "decoder.pth"
        torch.save(change(dict(weights)), path, **how)
        return path

    return save


def test_weights_are_those_of_the_files(adain_weights):
    saved = torch.load(adain_weights.encoder, weights_only=True)
    read = adain_weights.encoder_network.state_dict()
    assert "31.weight" in saved  # above what is used
    assert list(read) == [name for name in saved if name != "31.weight"]
    assert all(torch.equal(value, saved[name]) for name, value in read.items())
    assert not any(value.requires_grad for value in adain_weights.decoder_network.parameters())
    assert not adain_weights.encoder_network.training


def test_files_of_old_and_new_formats_and_in_half_precision_are_read(adain_weights, saved):
    old = saved(lambda weights: weights, _use_new_zipfile_serialization=False)
    read = AdaINWeights(encoder=adain_weights.encoder, decoder=str(old))
    assert read.fingerprint == adain_weights.fingerprint
    half = saved(lambda weights: {name: value.half() for name, value in weights.items()})
    read = AdaINWeights(encoder=adain_weights.encoder, decoder=str(half))
    assert read.decoder_network[1].weight.dtype == torch.float32
    assert read.fingerprint != adain_weights.fingerprint


def test_the_fingerprint_names_weights_not_places(adain_weights, saved):
    same = AdaINWeights(encoder=adain_weights.encoder, decoder=str(saved(dict)))
    assert same.fingerprint == adain_weights.fingerprint
    assert same != adain_weights
    other = saved(lambda weights: weights | {"28.bias": weights["28.bias"] + 1})
    other = AdaINWeights(encoder=adain_weights.encoder, decoder=str(other))
    assert other.fingerprint != adain_weights.fingerprint
    assert other == same  # the same words in a study file, so records must be told apart
    assert identity_of(AdaIN(weights=other)) != identity_of(AdaIN(weights=same))


def test_a_missing_file_is_named_with_where_to_get_it(adain_weights, tmp_path):
    assert refused(tmp_path / "no.pth", adain_weights.decoder) == (
        f"Expected the encoder of AdaIN (usually vgg_normalised.pth) at `{tmp_path}/no.pth`, got "
        f"no such file. Check the path; the usual files are at {PLACE}."
    )
    assert refused(adain_weights.encoder, tmp_path).startswith(
        f"Expected the decoder of AdaIN (usually decoder.pth) at `{tmp_path}`, got no such file."
    )


@pytest.mark.parametrize("write", [torch.save, lambda it, path: path.write_bytes(pickle.dumps(it))])
def test_a_file_that_is_code_is_refused_and_not_run(adain_weights, tmp_path, write):
    path, trace = tmp_path / "decoder.pth", tmp_path / "trace"
    write({"1.weight": Evil(trace)}, path)
    message = refused(adain_weights.encoder, path)
    what = "asks for posix.system to be run" if write is torch.save else "is no such file"
    assert message == (
        f"Expected a file of tensors alone at `{path}` (the decoder of AdaIN), got one that "
        f"{what}. It was not run. {AGAIN}, as a state dictionary."
    )
    assert not trace.exists()


def test_a_whole_pickled_network_is_refused(adain_weights, tmp_path):
    path = tmp_path / "decoder.pth"
    torch.save(torch.nn.Linear(2, 2), path)
    assert "got one that asks for torch.nn.modules.linear.Linear to be run." in refused(
        adain_weights.encoder, path
    )


@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 10_000, b"hello world" * 100, "truncated", "truncated old"],
    ids=["empty", "zeros", "garbage", "truncated", "truncated old"],
)
def test_a_file_that_cannot_be_read_is_named(adain_weights, saved, tmp_path, content):
    if isinstance(content, str):
        path = saved(dict, _use_new_zipfile_serialization=content == "truncated")
        content = path.read_bytes()[: path.stat().st_size // 2]
    path = tmp_path / "decoder.pth"
    path.write_bytes(content)
    message = refused(adain_weights.encoder, path)
    start, _, end = message.partition("another kind (")
    assert start == (
        f"Expected the decoder of AdaIN at `{path}`, got a file that is truncated or of "
    )
    assert end.endswith(f"). {AGAIN}.")


def test_a_file_of_something_else_is_refused(adain_weights, tmp_path):
    path = tmp_path / "decoder.pth"
    torch.save([torch.zeros(3)], path)
    assert refused(adain_weights.encoder, path) == (
        f"Expected tensors by name in `{path}` (the decoder of AdaIN), got list. "
        f"{AGAIN}, as a state dictionary."
    )


def test_layers_of_other_shapes_or_names_are_named(adain_weights, saved):
    head = "Expected the decoder of AdaIN (usually decoder.pth) at"
    path = saved(lambda weights: weights | {"5.weight": torch.zeros(2, 3)})
    assert refused(adain_weights.encoder, path) == (
        f"{head} `{path}`, with '5.weight' of shape (256, 256, 3, 3), got (2, 3). {AGAIN}."
    )
    path = saved(lambda weights: {f"decoder.{name}": value for name, value in weights.items()})
    assert refused(adain_weights.encoder, path) == (
        f"{head} `{path}`, with '1.weight' of shape (256, 512, 3, 3), got nothing of that name. "
        f"{AGAIN}."
    )
    path = saved(lambda weights: {"state_dict": weights})
    assert "got nothing of that name" in refused(adain_weights.encoder, path)
    path = saved(lambda weights: weights | {"1.weight": "text"})
    assert ", got str." in refused(adain_weights.encoder, path)
    path = saved(lambda weights: weights | {"30.weight": torch.zeros(3)})
    assert refused(adain_weights.encoder, path) == (
        f"{head} `{path}`, got '30.weight' beside its layers. {AGAIN}."
    )


def test_files_that_were_given_the_wrong_way_round_are_known(adain_weights):
    assert refused(adain_weights.decoder, adain_weights.encoder) == (
        f"Expected the encoder of AdaIN (usually vgg_normalised.pth) at `{adain_weights.decoder}`, "
        "with '0.weight' of shape (3, 3, 1, 1), got nothing of that name. "
        "It is the decoder: give it as `decoder`."
    )


def test_weights_that_are_no_numbers_are_refused(adain_weights, saved):
    path = saved(lambda weights: weights | {"28.bias": torch.full((3,), torch.nan)})
    assert refused(adain_weights.encoder, path) == (
        f"Expected finite numbers in `{path}`, got others in '28.bias'. {AGAIN}."
    )


def test_a_file_that_changes_is_read_again(adain_weights, saved):
    path = saved(dict)
    first = AdaINWeights(encoder=adain_weights.encoder, decoder=str(path))
    saved(lambda weights: {name: value + 1 for name, value in weights.items()})
    os.utime(path, ns=(1, 1))
    second = AdaINWeights(encoder=adain_weights.encoder, decoder=str(path))
    assert second.fingerprint != first.fingerprint
    weights = AdaINWeights(encoder=adain_weights.encoder, decoder=adain_weights.decoder)
    assert pickle.loads(pickle.dumps(weights)).fingerprint == weights.fingerprint  # noqa: S301
