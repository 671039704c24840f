"""Settings that must be real numbers, such as radii and steps."""

from numbers import Real

from cuelens.errors import ArgumentError

__all__ = ["require_number"]


def require_number(name: str, value: object) -> None:
    """Refuse what is no number, such as a fraction written as text.

    Args:
        name: Of the setting.
        value: What was given.

    Raises:
        ArgumentError: If it is no number.
    """
    if not isinstance(value, Real) or isinstance(value, bool):
        raise ArgumentError(
            f"`{name}` must be a number, got {value!r}. In Python a fraction is written without "
            "quotes, such as 8 / 255."
        )
