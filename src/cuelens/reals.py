"""Settings that must be numbers, such as radii and steps, or whole ones, such as samples."""

from numbers import Integral, Real

from cuelens.errors import ArgumentError

__all__ = ["require_number", "require_whole"]


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


def require_whole(name: str, value: object) -> None:
    """Refuse what is no whole number.

    Args:
        name: Of the setting.
        value: What was given.

    Raises:
        ArgumentError: If it is no whole number.
    """
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise ArgumentError(f"`{name}` must be a whole number, got {value!r}. Write it as an int.")
