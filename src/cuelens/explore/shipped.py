"""The networks at hand when none is named: of a demo run, else those that come with cuelens."""

from pathlib import Path

from cuelens.errors import MissingDataError
from cuelens.sources import zoo_names

__all__ = ["shipped_models"]

_DEMO = ("standard", "adversarial")
_FIRST = ("cuelens://cifar10/standard/0", "cuelens://cifar10/pgd-linf-8/0")
_MOST = 2


def shipped_models(folder: Path) -> tuple[str, ...]:
    """Return addresses of models that `cuelens explore` shows when none is named.

    Args:
        folder: Where the command runs: a demo run (`cuelens-demo`) is looked for there.

    Raises:
        MissingDataError: If there is neither a demo run nor a network that comes with cuelens.
    """
    demo = [folder / "cuelens-demo" / "models" / f"{name}.safetensors" for name in _DEMO]
    if all(path.is_file() for path in demo):
        return tuple(map(str, demo))
    names = zoo_names()
    if names:
        first = [name for name in _FIRST if name in names]
        return tuple(dict.fromkeys([*first, *names]))[:_MOST]
    raise MissingDataError(
        "Expected model files, got none named, and none at hand: neither a demo run "
        f"(`{folder / 'cuelens-demo'}`) nor networks that come with cuelens. Run `cuelens demo` "
        "first, or name a file of `cuelens train`."
    )
