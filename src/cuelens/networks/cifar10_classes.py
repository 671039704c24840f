"""CIFAR-10's classes in their usual order: the publisher's names, which models of it know."""

__all__ = ["CIFAR10_CLASSES"]

CIFAR10_CLASSES = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)
"""The publisher's class names, in the order of the labels."""
