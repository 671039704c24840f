"""Reading YAML so that an error names the file, the line and the remedy.

It knows text, syntax and fields written twice; it does not know what a study is.
"""

from pathlib import Path
from typing import Any

import yaml

from cuelens.errors import ConfigError

__all__ = ["read_yaml"]


class _Loader(yaml.SafeLoader):
    """Plain data only; a field written twice is an error, where YAML would keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return the mapping of a node, if no key stands there twice."""
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"`{key.value}` is written twice", key.start_mark
                    )
                seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def read_yaml(path: Path) -> Any:
    """Return what a YAML file holds.

    Args:
        path: A file that exists.

    Raises:
        ConfigError: If it is no text in UTF-8, or no YAML, or writes a field twice.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"Expected text in UTF-8 in {path}, got other bytes from byte {error.start} on. "
            "Save it as UTF-8."
        ) from error
    try:
        loader = _Loader(text)
        try:
            return loader.get_single_data()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise ConfigError(
            f"Expected YAML in {path}, got an error{place}: {error.problem}. Mend that line."
        ) from error
    except yaml.YAMLError as error:
        raise ConfigError(f"Expected YAML in {path}, got an error: {error}.") from error
