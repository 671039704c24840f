"""Hook of the site: a page of the API for each folder and module, made from the docstrings.

The sources are read, never imported, so that building the site needs no PyTorch. A public name
without a docstring stops the build.
"""

from collections.abc import Iterator
from typing import Any

import griffe
from mkdocs.exceptions import Abort
from mkdocs.structure.files import File, Files

__all__ = ["on_config", "on_files"]

_PACKAGE = "cuelens"
_HIDDEN = {"cli"}
"""What exports nothing: `use/command-line.md` tells of it."""
_HEAD = """# API

Made from the docstrings. What most programs need can be imported from `cuelens` itself; each folder
exports the rest."""


def on_config(config: Any) -> Any:
    """List the pages of the API in the navigation."""
    package = _load()
    names = [name for name, _ in _modules(package)]
    for section in config.nav:
        if isinstance(section, dict) and "API" in section:
            section["API"] = ["api/index.md", *({_title(name): _page(name)} for name in names)]
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add the pages of the API; refuse public names without a docstring."""
    package = _load()
    bare = [path for _, module in _modules(package) for path in _undocumented(module)]
    if bare:
        raise Abort(f"Every public name needs a docstring, these have none: {', '.join(bare)}.")
    for name, module in _modules(package):
        content = "\n\n".join([f"# {_title(name)}", module.docstring.value, *_entries(module)])
        files.append(File.generated(config, _page(name), content=content + "\n"))
    files.append(File.generated(config, "api/index.md", content=_index(package)))
    return files


def _load() -> griffe.Module:
    package = griffe.load(_PACKAGE, search_paths=["src"], resolve_aliases=True)
    if not isinstance(package, griffe.Module):
        raise Abort(f"Expected the package {_PACKAGE} in src/, got {package!r}.")
    return package


def _modules(package: griffe.Module) -> Iterator[tuple[str, griffe.Module]]:
    """Return what exports names: folders first, then modules, by name."""
    found = [
        (name, member)
        for name, member in package.members.items()
        if isinstance(member, griffe.Module) and member.exports and name not in _HIDDEN
    ]
    yield from sorted(found, key=lambda each: (each[1].filepath.name != "__init__.py", each[0]))


def _title(name: str) -> str:
    return f"{_PACKAGE}.{name}"


def _page(name: str) -> str:
    return f"api/{name}.md"


def _exports(module: griffe.Module) -> list[str]:
    return sorted((str(name) for name in module.exports or ()), key=str.lower)


def _entries(module: griffe.Module) -> list[str]:
    return [f"::: {module.path}.{name}" for name in _exports(module)]


def _undocumented(module: griffe.Module) -> Iterator[str]:
    """Return the exports, and the public methods of exported classes, without a docstring."""
    for name in _exports(module):
        found = module.members[name]
        found = found.final_target if isinstance(found, griffe.Alias) else found
        if not found.has_docstring:
            yield f"{module.path}.{name}"
        if isinstance(found, griffe.Class):
            yield from (
                f"{found.path}.{member}"
                for member, method in found.members.items()
                if not member.startswith("_") and method.is_function and not method.has_docstring
            )


def _index(package: griffe.Module) -> str:
    """Return the page that names the package's front door and every module."""
    front = [
        f"- [`{name}`][{target.path}]: {_first(target)}"
        for name, target in sorted(_front(package), key=lambda each: each[0].lower())
    ]
    modules = [
        f"- [`{_title(name)}`]({name}.md): {_first(module)}" for name, module in _modules(package)
    ]
    return f"{_HEAD}\n\n## From `cuelens`\n\n{_lines(front)}\n\n## Modules\n\n{_lines(modules)}\n"


def _lines(entries: list[str]) -> str:
    return "\n".join(entries)


def _front(package: griffe.Module) -> Iterator[tuple[str, griffe.Object]]:
    for name in map(str, package.exports or ()):
        member = package.members[name]
        if isinstance(member, griffe.Alias):
            yield name, member.final_target


def _first(thing: griffe.Object) -> str:
    """Return the first sentence of a docstring, as one line."""
    text = thing.docstring.value if thing.docstring is not None else ""
    return " ".join(text.partition("\n\n")[0].split())
