"""Hook of the site: equations in MathML, which browsers draw themselves, without a script.

Pages write them in LaTeX, a block between fences that are called `math`, and a symbol within a line
as $`c_i`$. GitHub draws both as well.
"""

from typing import Any
from xml.etree import ElementTree

from latex2mathml.converter import convert
from markdown import Markdown
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor

__all__ = ["Symbols", "on_config"]

_NAMESPACE = ' xmlns="http://www.w3.org/1998/Math/MathML"'
_BEFORE_CODE = 200  # in the order of Markdown's own patterns, where code in backticks is 190


def on_config(config: Any) -> Any:
    """Let the pages' Markdown know equations."""
    config.markdown_extensions.append(Symbols())
    fences = config.mdx_configs.setdefault("pymdownx.superfences", {})
    fences["custom_fences"] = [{"name": "math", "class": "equation", "format": _block}]
    return config


class Symbols(Extension):
    """Symbols within a line."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - Markdown calls it so
        """Add the pattern."""
        md.inlinePatterns.register(_Symbol(r"\$`([^`]+)`\$", md), "symbols", _BEFORE_CODE)


class _Symbol(InlineProcessor):
    def handleMatch(self, m: Any, data: str) -> tuple[ElementTree.Element, int, int]:  # noqa: N802
        # Without its namespace, which Markdown would write out; browsers know the element.
        drawn = convert(m.group(1)).replace(_NAMESPACE, "", 1)
        return ElementTree.fromstring(drawn), m.start(0), m.end(0)  # noqa: S314 - our own pages


def _block(source: str, *_: Any, **__: Any) -> str:
    return f'<div class="equation">{convert(source, display="block")}</div>'
