"""ONNX files give onnxruntime's logits; gradients by a conversion that agrees, or in words."""

from pathlib import Path

import pytest
import torch
from onnx import TensorProto, helper, numpy_helper, save
from torch import nn

from cuelens.errors import ModelError
from cuelens.networks import fast, input_gradient
from cuelens.randomness import Chance
from cuelens.sources import Preprocessing, Stated, open_model

IMAGES = Chance(0, tuple("abcde")).uniform((3, 16, 16), method="test")


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 6, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 4)
    ).eval()


def written(path: Path, *, batch: int | str = "batch", channels_last: bool = False) -> Path:
    """Write the network as an ONNX file by hand."""
    weights = {name.replace(".", "_"): value for name, value in network().state_dict().items()}
    side = [16, 16]
    shape = [batch, *side, 3] if channels_last else [batch, 3, *side]
    first = "laid" if channels_last else "images"
    nodes = [
        helper.make_node("Conv", [first, "0_weight", "0_bias"], ["a"]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("GlobalAveragePool", ["b"], ["c"]),
        helper.make_node("Flatten", ["c"], ["d"]),
        helper.make_node("Gemm", ["d", "4_weight", "4_bias"], ["logits"], transB=1),
    ]
    if channels_last:
        laid = helper.make_node("Transpose", ["images"], ["laid"], perm=[0, 3, 1, 2])
        nodes.insert(0, laid)
    graph = helper.make_graph(
        nodes,
        "mine",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [batch, 4])],
        [numpy_helper.from_array(value.numpy(), name) for name, value in weights.items()],
    )
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    return path


@pytest.mark.parametrize("batch", ["batch", 1, 2])
@pytest.mark.parametrize("channels_last", [False, True])
def test_predictions_are_those_of_the_network_in_any_batch(tmp_path, batch, channels_last):
    path = written(tmp_path / "a folder é.onnx", batch=batch, channels_last=channels_last)
    stated = Stated(preprocessing=Preprocessing.read("imagenet"))
    found = open_model(path, stated=stated, gradients=False)
    classifier = found.classifier
    assert (classifier.specification.height, classifier.specification.width) == (16, 16)
    with torch.no_grad():
        expected = network()(classifier.specification.prepare(IMAGES))
        torch.testing.assert_close(classifier(IMAGES), expected, rtol=0, atol=1e-5)
        torch.testing.assert_close(classifier(IMAGES[:1]), expected[:1], rtol=0, atol=1e-5)
        torch.testing.assert_close(fast(classifier)(IMAGES), expected, rtol=0, atol=1e-5)
    assert found.provenance.library.startswith("onnxruntime ")
    assert found.provenance.notes[0] == "It is run by onnxruntime, without gradients."


def test_another_file_has_another_fingerprint(tmp_path):
    one = open_model(written(tmp_path / "one.onnx"), gradients=False).classifier
    same = open_model(written(tmp_path / "same.onnx"), gradients=False).classifier
    other = open_model(written(tmp_path / "two.onnx", batch=2), gradients=False).classifier
    assert one.fingerprint() == same.fingerprint() != other.fingerprint()


def test_a_gradient_that_was_not_asked_for_is_refused_in_words(tmp_path):
    path = written(tmp_path / "mine.onnx")
    classifier = open_model(path, gradients=False).classifier
    with pytest.raises(ModelError) as caught:
        input_gradient(lambda images: classifier(images).sum(1), IMAGES)
    assert str(caught.value) == (
        f"Gradients of onnx:{path} cannot be had: they were not asked for. Predictions can. For "
        "attacks and maps give the network in another form, such as its checkpoint with `--arch`."
    )


@pytest.mark.slow
@pytest.mark.usefixtures("torchvision_operators")
@pytest.mark.parametrize("batch", ["batch", 2])
def test_a_conversion_has_the_networks_own_gradients(tmp_path, batch):
    found = open_model(written(tmp_path / "mine.onnx", batch=batch))
    assert found.provenance.library.startswith("onnx2torch ")
    own = network()
    expected = input_gradient(lambda images: own(images).square().sum(1), IMAGES)
    got = input_gradient(lambda images: found.classifier(images).square().sum(1), IMAGES)
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-6)
    with torch.no_grad():
        torch.testing.assert_close(found.classifier(IMAGES), own(IMAGES), rtol=0, atol=1e-5)


def test_without_a_conversion_predictions_stay_and_gradients_are_refused(tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "onnx2torch", None)
    found = open_model(written(tmp_path / "mine.onnx"))
    with torch.no_grad():
        torch.testing.assert_close(found.classifier(IMAGES), network()(IMAGES), rtol=0, atol=1e-5)
    with pytest.raises(
        ModelError, match=r"Install it: pip install 'cuelens\[onnx\]'\. Predictions"
    ):
        input_gradient(lambda images: found.classifier(images).sum(1), IMAGES)


def test_a_conversion_that_gives_other_logits_is_not_used(tmp_path, monkeypatch):
    import sys
    import types

    wrong = types.ModuleType("onnx2torch")
    wrong.convert = lambda _: nn.Sequential(*list(network())[:-1], nn.Linear(6, 4))
    monkeypatch.setitem(sys.modules, "onnx2torch", wrong)
    found = open_model(written(tmp_path / "mine.onnx"))
    assert "the conversion's logits differ from onnxruntime's by" in found.provenance.notes[0]
    with torch.no_grad():
        torch.testing.assert_close(found.classifier(IMAGES), network()(IMAGES), rtol=0, atol=1e-5)


def test_files_that_are_no_image_network_are_refused(tmp_path):
    path = tmp_path / "mine.onnx"
    with pytest.raises(ModelError) as caught:
        open_model(path)
    assert str(caught.value) == (
        f"Expected an ONNX file at {path}, got nothing there. Check the path."
    )
    path.write_bytes(b"no network")
    with pytest.raises(ModelError, match="got a file that cannot be read as one"):
        open_model(path)
    graph = helper.make_graph(
        [helper.make_node("Relu", ["x"], ["y"])],
        "vectors",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 7])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 7])],
    )
    opset = [helper.make_opsetid("", 13)]
    save(helper.make_model(graph, opset_imports=opset, ir_version=8), path)
    with pytest.raises(ModelError) as caught:
        open_model(path)
    assert str(caught.value) == (
        f"The network of onnx:{path} must read one tensor of float32 images, (batch, channel, "
        "height, width) or (batch, height, width, channel), got tensor(float) ['n', 7]. Export it "
        "so."
    )
