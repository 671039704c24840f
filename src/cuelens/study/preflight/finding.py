"""What a pre-flight finds of a model: a name, the measured numbers, and what to do about it.

It knows the form of a finding; what is looked for is in the modules beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cuelens.study.checks.checks import Check

__all__ = ["Finding"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What one check of a pre-flight found.

    Attributes:
        name: Such as "doubled-normalisation".
        raised: Whether something is wrong.
        sentence: What was measured, with its numbers.
        fix: What to do about it, in words; empty where nothing is wrong.
        numbers: What was measured, by name.
        checked: False where there was nothing to check, so that it neither doubts nor passes.
    """

    name: str
    raised: bool
    sentence: str
    fix: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)
    checked: bool = True

    def check(self, model: str) -> Check:
        """Return the finding as reports show it.

        Args:
            model: Name of the model that it is about.
        """
        sentence = f"{model}: {self.sentence}"
        return Check(
            name=self.name,
            raised=self.raised,
            sentence=f"{sentence} {self.fix}" if self.fix else sentence,
            about=(model,),
            checked=self.checked,
        )
