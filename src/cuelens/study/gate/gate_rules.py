"""The rules of a gate as people type them: `shape_bias >= baseline - 0.05`.

It knows their grammar and says where a text leaves it; it evaluates no text, and does not know what
a quantity comes to.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction

from cuelens.errors import ConfigError

__all__ = ["QUANTITIES", "Rule", "read_rule"]

QUANTITIES: Mapping[str, str | None] = {
    "accuracy": "condition, or none for the clean images",
    "retention": "condition",
    "robust_accuracy": "attack",
    "shape_bias": None,
    "cue_reliance": "family of conditions",
}
"""Each quantity to what stands in its square brackets; None where there are none."""

_EXAMPLES = "shape_bias >= baseline - 0.05, retention[saturation=8] >= baseline - 2/100"
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:\s*/\s*\d+(?:\.\d+)?)?")
_NAME = re.compile(r"[A-Za-z_]\w*")
_ARGUMENT = re.compile(r"\[([^\[\]]*)\]")
_SPACE = re.compile(r"\s*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """What a quantity of a model must be.

    Attributes:
        text: As it was given.
        quantity: A name of `QUANTITIES`.
        argument: The condition, attack or family; None where there is none.
        sign: 1 where the quantity must be at least so large, -1 where it must be at most so large.
        against_baseline: Whether it is held against the same quantity of the baseline.
        offset: What is added to the baseline's, or the constant itself.
    """

    text: str
    quantity: str
    argument: str | None
    sign: int
    against_baseline: bool
    offset: float

    @property
    def name(self) -> str:
        """The quantity with its argument."""
        return self.quantity if self.argument is None else f"{self.quantity}[{self.argument}]"


def read_rule(text: str) -> Rule:
    """Return the rule that a text states.

    Args:
        text: QUANTITY, optionally [ARGUMENT], then >= or <=, then a number or `baseline`, the
            latter optionally with + or - and a number. Numbers may be fractions.

    Raises:
        ConfigError: If it has another form; the message points at the place.
    """
    reader = _Reader(text)
    quantity = reader.take(_NAME, "the name of a quantity")
    if quantity not in QUANTITIES:
        near = get_close_matches(quantity, QUANTITIES, n=1, cutoff=0.4)
        hint = f", perhaps {near[0]}" if near else ""
        raise reader.wrong(f"one of {', '.join(QUANTITIES)}{hint}", back=len(quantity))
    argument = _argument(reader, quantity)
    sign = 1 if reader.take(re.compile(r"[<>]="), ">= or <=") == ">=" else -1
    against_baseline, offset = reader.at("baseline"), 0.0
    if not against_baseline:
        offset = _signed(reader, reader.at("-"))
    elif not reader.ended:
        minus = reader.take(re.compile(r"[+-]"), "+ or - and a number, or the end") == "-"
        offset = _signed(reader, minus)
    if not reader.ended:
        raise reader.wrong("the end")
    return Rule(
        text=text.strip(),
        quantity=quantity,
        argument=argument,
        sign=sign,
        against_baseline=against_baseline,
        offset=offset,
    )


def _argument(reader: "_Reader", quantity: str) -> str | None:
    """Return what stands in square brackets, where the quantity has it."""
    wanted = QUANTITIES[quantity]
    if wanted is None or (quantity == "accuracy" and not reader.ahead("[")):
        return None
    found = reader.take(_ARGUMENT, f"[{wanted.split(',')[0].upper()}]")[1:-1].strip()
    if not found:
        raise reader.wrong(f"the name of a {wanted.split(',')[0]}", back=1)
    return found


def _signed(reader: "_Reader", minus: bool) -> float:
    text = reader.take(_NUMBER, "a number" if minus else "a number, or `baseline`")
    try:
        above, _, below = text.partition("/")
        number = float(Fraction(above.strip()) / Fraction(below.strip() or 1))
    except ZeroDivisionError:
        raise reader.wrong("a number, not a division by 0", back=len(text)) from None
    if number > 1:  # such as 80 for 80 %
        raise reader.wrong("a share, at most 1", back=len(text))
    return -number if minus else number


class _Reader:
    """Takes a text piece by piece, and knows where it stands."""

    def __init__(self, text: str) -> None:
        self._text, self._place, self._last = text, 0, 0
        self._skip()

    @property
    def ended(self) -> bool:
        return self._place == len(self._text)

    def ahead(self, word: str) -> bool:
        return self._text.startswith(word, self._place)

    def at(self, word: str) -> bool:
        """Take a word, if it is next."""
        end = self._text[self._place + len(word) :][:1]
        if not self.ahead(word) or (word.isalpha() and (end.isalnum() or end == "_")):
            return False
        self._place += len(word)
        self._skip()
        return True

    def take(self, pattern: re.Pattern[str], wanted: str) -> str:
        """Take what fits, or say what was wanted here."""
        found = pattern.match(self._text, self._place)
        if found is None:
            raise self.wrong(wanted)
        self._place = found.end()
        self._last = found.end()
        self._skip()
        return found.group()

    def wrong(self, wanted: str, *, back: int = 0) -> ConfigError:
        """Return the error that points at this place, or at the beginning of the last piece."""
        place = self._last - back if back else self._place
        return ConfigError(
            f"`--rule` must have {wanted} here, got {self._text[place:] or 'the end'!r}:\n"
            f"  {self._text}\n  {' ' * place}^\nRules are such as {_EXAMPLES}, accuracy >= 0.8."
        )

    def _skip(self) -> None:
        found = _SPACE.match(self._text, self._place)
        self._place = self._place if found is None else found.end()
