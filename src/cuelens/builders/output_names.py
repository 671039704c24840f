"""What the copies of image files are called: as their sources, and none twice."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

__all__ = ["output_names"]


def output_names(paths: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the name of each image's copy, and what must be told of it.

    Stems are kept. Where images of one folder share a stem, the first that ends in .png has it and
    the others keep their endings within their names; letters large and small count as one, since
    some disks hold them for one.

    Args:
        paths: Of images, sorted.
    """
    plain = [str(PurePosixPath(path).with_suffix(".png")) for path in paths]
    shared = {name for name, count in Counter(map(str.casefold, plain)).items() if count > 1}
    taken = {name.casefold() for name in plain if name.casefold() not in shared}
    owners: dict[str, str] = {}
    for path, name in zip(paths, plain, strict=True):
        if name.casefold() in shared and path.casefold().endswith(".png"):
            owners.setdefault(name.casefold(), path)
    taken |= set(owners)
    for path, name in zip(paths, plain, strict=True):
        key = name.casefold()
        if key not in shared or owners.get(key) == path:
            yield name, ()
            continue
        own, number = f"{path}.png", 1
        while own.casefold() in taken:
            number += 1
            own = f"{path}-{number}.png"
        taken.add(own.casefold())
        called = PurePosixPath(own).name
        yield own, (f"called {called}, since another image has its stem",)
