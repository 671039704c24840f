"""Networks, and a network with what it expects of its input."""

from cuelens.networks.classifier import (
    Classifier,
    Classify,
    InputSpecification,
    evaluating,
    input_gradient,
)
from cuelens.networks.fast_path import FastPath, bfloat16_is_fast, fast
from cuelens.networks.resnet import ResNet, resnet18, small_resnet

__all__ = [
    "Classifier",
    "Classify",
    "FastPath",
    "InputSpecification",
    "ResNet",
    "bfloat16_is_fast",
    "evaluating",
    "fast",
    "input_gradient",
    "resnet18",
    "small_resnet",
]
