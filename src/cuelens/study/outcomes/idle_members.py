"""Members of a suite in turn that had no image left to attack, told in one row instead of many.

It knows rows of results, not how they are shown.
"""

from collections.abc import Sequence

import polars as pl

__all__ = ["fold_idle"]

_AFTER = "after "


def fold_idle(results: pl.DataFrame, *, apart: Sequence[str] = ()) -> pl.DataFrame:
    """Return the results with one row for all members of a suite that had nothing left to attack.

    Args:
        results: From `attack_results`; needs its columns dataset, suite, attack, model, attacked.
        apart: Columns, such as model, whose values are folded by themselves. Without any, a member
            is folded where no model left it an image.

    Returns:
        The first idle member of each suite names them all, such as "after fab-t, square"; the rows
        of the others are gone.
    """
    if results.is_empty():  # whose columns may have no type yet
        return results
    suite = ("dataset", "suite", *apart)
    none_left = (pl.col("attacked") == 0).all().over(*suite, "attack")
    marked = results.with_columns(idle=pl.col("attack").str.starts_with(_AFTER) & none_left)
    member = pl.col("attack").str.strip_prefix(_AFTER)
    folded = (
        marked.filter("idle")
        .group_by(*suite, maintain_order=True)
        .agg(attack=pl.col("attack").first(), all=member.unique(maintain_order=True).str.join(", "))
    )
    named = marked.join(folded, on=(*suite, "attack"), how="left", maintain_order="left")
    return (
        named.filter(~pl.col("idle") | pl.col("all").is_not_null())
        .with_columns(attack=pl.coalesce(_AFTER + pl.col("all"), "attack"))
        .select(results.columns)
    )
