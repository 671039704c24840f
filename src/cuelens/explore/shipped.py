"""The networks at hand when none is named: those of a demo run, else those of a checkout."""

from pathlib import Path

from cuelens.errors import MissingDataError

__all__ = ["shipped_models"]

_DEMO = ("standard", "adversarial")
_CHECKOUT = "studies/cifar10"
_MOST = 3


def shipped_models(folder: Path) -> tuple[Path, ...]:
    """Return model files that `cuelens explore` shows when none is named.

    Args:
        folder: Where the command runs: a demo run (`cuelens-demo`) or a checkout
            (`studies/cifar10`) is looked for there.

    Raises:
        MissingDataError: If there is neither.
    """
    demo = [folder / "cuelens-demo" / "models" / f"{name}.safetensors" for name in _DEMO]
    if all(path.is_file() for path in demo):
        return tuple(demo)
    shipped = sorted((folder / _CHECKOUT).glob("*.safetensors"))
    if shipped:
        return tuple(shipped[:_MOST])
    raise MissingDataError(
        "Expected model files, got none named, and none at hand: neither a demo run "
        f"(`{folder / 'cuelens-demo'}`) nor the networks of a checkout "
        f"(`{folder / _CHECKOUT}`). Run `cuelens demo` first, or name a file of `cuelens train`."
    )
