"""What is understood of a model."""

import json

from torch import nn

from cuelens.networks import Classifier, InputSpecification, small_resnet
from cuelens.study.models.inspection import input_in_words, inspection_of
from cuelens.study.preflight import Finding


def test_layers_parameters_and_input_are_said():
    specification = InputSpecification(
        height=32, width=32, mean=(0.5, 0.4, 0.3), deviation=(0.25,) * 3, low_pass=4.0
    )
    model = Classifier(
        small_resnet(10),
        class_names=tuple("abcdefghij"),
        specification=specification,
        name="net",
    )
    found = inspection_of(model, origin={"came from": "net.safetensors"})
    assert found.parameters == sum(one.numel() for one in model.network.parameters())
    assert sum(layer.parameters for layer in found.layers) == found.parameters
    assert found.layers[-1].kind == "Linear"
    assert found.operations is not None
    assert 5e7 < found.operations < 3e8
    assert found.input["size"] == "32 x 32 pixels"
    assert found.input["mean"] == "0.5, 0.4, 0.3"
    assert found.input["deviation"] == "0.25"
    assert found.input["read by the network"] == "-2 to 2.8"
    assert found.input["low-pass filter"] == "4 cycles per image"
    assert json.loads(json.dumps(found.content()))["origin"] == {"came from": "net.safetensors"}


def test_a_network_of_an_unknown_size_has_no_count_of_operations():
    network = nn.Sequential(nn.Flatten(), nn.Linear(75, 2))
    found = inspection_of(Classifier(network, class_names=("a", "b")), origin={})
    assert found.operations is None
    assert input_in_words(Classifier(network, class_names=("a", "b")))["size"] == "any"


def test_findings_are_part_of_the_content():
    from dataclasses import replace

    network = nn.Sequential(nn.Flatten(), nn.Linear(75, 2))
    found = inspection_of(Classifier(network, class_names=("a", "b")), origin={})
    finding = Finding(name="x", raised=True, sentence="y.", fix="z.", numbers={"n": 3.0})
    (got,) = replace(found, findings=(finding,)).content()["findings"]
    assert got == {
        "name": "x", "raised": True, "sentence": "y.", "fix": "z.", "numbers": {"n": 3.0},
        "checked": True,
    }  # fmt: skip
