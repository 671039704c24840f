"""Lets libraries that import torchvision be imported beside a CPU build of torch."""

import warnings

import pytest
import torch

_OPERATORS = (
    "nms", "qnms", "roi_align", "qroi_align", "ps_roi_align", "roi_pool", "ps_roi_pool",
    "deform_conv2d", "_roi_align_backward", "_ps_roi_align_backward", "_roi_pool_backward",
    "_ps_roi_pool_backward", "_deform_conv2d_backward",
)  # fmt: skip
_LIBRARIES: list[torch.library.Library] = []


@pytest.fixture(scope="session")
def torchvision_operators() -> None:
    """Define the names of torchvision's operators, which no network here runs."""
    if _LIBRARIES or hasattr(torch.ops.torchvision, "nms"):
        return
    library = torch.library.Library("torchvision", "DEF")
    for name in _OPERATORS:
        library.define(f"{name}(Tensor first, Tensor second) -> Tensor")
    _LIBRARIES.append(library)  # what it defines ends with it
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import torchvision  # noqa: F401


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep hubs from waiting for a network."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
