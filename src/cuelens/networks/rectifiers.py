"""The ReLUs between images and logits, found in the graph that autograd records.

The graph shows modules, functions, methods and in-place forms alike, and nothing of the network is
touched. It does not know what the ReLUs are looked up for.
"""

import math

from torch.autograd.function import BackwardCFunction
from torch.autograd.graph import Node, get_gradient_edge

from cuelens.errors import ModelError
from cuelens.tensors import Images, Logits

__all__ = ["rectifiers"]

_ACTIVATIONS = frozenset(
    {
        "Abs", "Celu", "Clamp", "ClampMax", "ClampMin", "Elu", "Erf", "Gelu", "Glu", "Hardshrink",
        "Hardsigmoid", "Hardswish", "Hardtanh", "LeakyRelu", "LogSigmoid", "Maximum", "Minimum",
        "Mish", "PreluKernel", "RreluWithNoise", "Sigmoid", "Silu", "Softplus", "Softshrink",
        "Tanh", "Threshold", "Where",
    }
)  # fmt: skip
"""What works on each number by itself and may be no ReLU, as autograd calls it."""


def rectifiers(logits: Logits, images: Images) -> list[Node]:
    """Return the places of the graph where a ReLU was applied, on the ways from images to logits.

    ReLU is every function that is 0 below 0 and rises with slope 1 above, perhaps up to a limit:
    ReLU and ReLU6 in all their forms, and `clamp` from 0 upwards.

    Args:
        logits: Computed from `images`, with gradients.
        images: A leaf that asks for gradients.

    Raises:
        ModelError: If there are other activation functions, or parts that autograd cannot see
            into: functions of one's own, checkpoints, changes of a part of a tensor in place. A
            function of one's own whose class says `is_linear = True` is passed.
    """
    found = []
    for node in _between(logits, images):
        name = node.name().rpartition("Backward")[0] or node.name()
        if _is_rectifier(node, name):
            found.append(node)
        elif name in _ACTIVATIONS:
            raise _refused(name)
        elif _is_hidden(node):
            raise _refused(f"{name.rpartition('::')[2]}, which cannot be seen into")
    return found


def _refused(got: str) -> ModelError:
    return ModelError(
        "The network must have no activation function but ReLU and ReLU6 (the rule for their "
        f"gradients has no meaning elsewhere), got {got}. Explain it by its gradient or by "
        "SmoothGrad."
    )


def _between(logits: Logits, images: Images) -> list[Node]:
    """Return every node on a way from the images to the logits, once."""
    users: dict[Node, list[Node]] = {}
    pending = [logits.grad_fn] if logits.grad_fn is not None else []
    while pending:
        user = pending.pop()
        for node, _ in user.next_functions:
            if node is not None:
                if node not in users:
                    pending.append(node)
                users.setdefault(node, []).append(user)
    reached = [get_gradient_edge(images).node]
    seen = set(reached)
    for node in reached:  # it grows while it is read
        above = dict.fromkeys(users.get(node, ()))
        reached.extend(user for user in above if user not in seen)
        seen.update(above)
    return reached[1:]


def _is_rectifier(node: Node, name: str) -> bool:
    if name == "Hardtanh":
        return _saved(node, "min_val") == 0
    if name in ("Clamp", "ClampMin"):
        return _saved(node, "min") == 0 and getattr(node, "_saved_max", None) is None
    if name == "Threshold":
        return _saved(node, "threshold") == 0
    return name == "Relu"


def _saved(node: Node, name: str) -> float:
    """Return a number that autograd keeps of a call; nan where there is none."""
    value = getattr(node, f"_saved_{name}", None)
    return float(value) if isinstance(value, int | float) else math.nan


def _is_hidden(node: Node) -> bool:
    if isinstance(node, BackwardCFunction):
        return not getattr(getattr(node, "_forward_cls", None), "is_linear", False)
    return "::" in node.name()  # C++ functions of others, and `CopySlices`
