"""Networks, and a network with what it expects of its input."""

from cuelens.networks.class_group_file import read_class_groups
from cuelens.networks.class_groups import IMAGENET_16, Aggregation, ClassGroups, grouped
from cuelens.networks.classifier import (
    Classifier,
    Classify,
    evaluating,
    input_gradient,
)
from cuelens.networks.fast_path import FastPath, bfloat16_is_fast, fast
from cuelens.networks.features import LayerFeatures, layer_features, pooled
from cuelens.networks.input_specification import InputSpecification
from cuelens.networks.layers import layer_names
from cuelens.networks.resnet import ResNet, resnet10_64, resnet18, resnet18_224, small_resnet

__all__ = [
    "IMAGENET_16",
    "Aggregation",
    "ClassGroups",
    "Classifier",
    "Classify",
    "FastPath",
    "InputSpecification",
    "LayerFeatures",
    "ResNet",
    "bfloat16_is_fast",
    "evaluating",
    "fast",
    "grouped",
    "input_gradient",
    "layer_features",
    "layer_names",
    "pooled",
    "read_class_groups",
    "resnet10_64",
    "resnet18",
    "resnet18_224",
    "small_resnet",
]
