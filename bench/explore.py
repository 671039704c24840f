"""How long from a slider to the predictions of two small networks, and does it lose requests?

The page is served and moved in chromium: from the moment a slider moves until the answers on the
page are those of its new place. Saturation is the first slider and a cheap one; painting in a style
is the dearest. Then 200 requests are made, 8 at a time, without a browser.
"""

import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import torch

from bench.explorer_client import ExplorerClient
from bench.measure import against_limit, print_row
from cuelens.explore import Subjects, rendered_pictures, serve
from cuelens.networks.classifier import Classifier, InputSpecification
from cuelens.sources import build_network

MOVES, LIMIT = 100, 0.3
CHROMIUM = "/usr/bin/chromium"
REST = (1, 1, 0, 100, 0, 0, 1)
SATURATION, STYLE, PICTURE = 0, 5, 6
"""Places of sliders."""
_MOVE = """([place, level, words]) => new Promise((done) => {
  const slider = document.querySelectorAll('input[type=range]')[place];
  const answers = document.querySelector('#answers');
  const started = performance.now();
  const watcher = new MutationObserver(() => {
    if (answers.innerText.split('\\n').includes(words)) {
      watcher.disconnect();
      done(performance.now() - started);
    }
  });
  watcher.observe(answers, { childList: true, subtree: true, characterData: true });
  slider.value = level;
  slider.dispatchEvent(new Event('input', { bubbles: true }));
})"""
Move = tuple[int, float, str]
"""Place of a slider, where it is moved, and what the answers then say."""


def saturations() -> list[Move]:
    """Return moves of the first slider, none to where it is."""
    levels = [2 + place % 9 for place in range(MOVES)]
    return [(SATURATION, level, f"saturation={2**level}") for level in levels]


def styles() -> list[Move]:
    """Return moves to one style after the other, and through the strengths in each."""
    found: list[Move] = []
    resting = 5
    for place in range(MOVES // 10):
        picture = 1 + (place + 1) % 8
        steps = sorted({*range(1, 11)} - {resting}, reverse=resting > 5)
        found.append((PICTURE, picture, f"stylised={resting / 10:g} (picture {picture})"))
        found += [(STYLE, n / 10, f"stylised={n / 10:g} (picture {picture})") for n in steps]
        resting = steps[-1]
    return found


def subjects() -> Subjects:
    """Return two small networks of CIFAR-10's size."""
    specification = InputSpecification(height=32, width=32)
    names = tuple(f"class-{number}" for number in range(10))
    return Subjects.of(
        {
            name: Classifier(
                build_network("small-resnet", classes=10, seed=seed).eval(),
                class_names=names,
                specification=specification,
            )
            for seed, name in enumerate(("standard", "adversarial"))
        }
    )


def seconds_of(address: str, moves: list[Move], warm_up: Move) -> list[float]:
    """Return the seconds from each move of a slider to its answers, while maps stream in."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(address)
        page.wait_for_selector("#looks .card img")
        page.evaluate(_MOVE, list(warm_up))
        found = [page.evaluate(_MOVE, list(one)) / 1000 for one in moves]
        browser.close()
    return found


def lost(address: str) -> int:
    """Return how many of 200 requests, 8 at a time, were not answered."""

    def ask(place: int) -> int:
        client = ExplorerClient(address)
        answers = [client.ask("load", [None, 2 + n % 9, *REST[1:]]) for n in range(25)]
        return sum(one is None or 'class="card"' not in one[0] for one in answers)

    with ThreadPoolExecutor(8) as pool:
        return sum(pool.map(ask, range(8)))


def main() -> None:
    """Print a row for the median and the 95th percentile of each slider, and one for requests."""
    models, threads = subjects(), torch.get_num_threads()
    with serve(models, rendered_pictures(models.side)) as served:
        found = {
            "slider": seconds_of(
                served.address, saturations(), (SATURATION, 10, "saturation=1024")
            ),
            "style-slider": seconds_of(
                served.address, styles(), (STYLE, 0.5, "stylised=0.5 (picture 1)")
            ),
        }
        started = time.perf_counter()
        missing = lost(served.address)
        took = time.perf_counter() - started
    for name, seconds in found.items():
        for part, figure in (
            ("", statistics.median(seconds)),
            ("-95th-percentile", statistics.quantiles(seconds, n=20)[-1]),
        ):
            print_row(
                against_limit(
                    [figure], bench="explore", row=f"{name}{part}/two-small-networks/limit",
                    limit=LIMIT, unit="seconds", threads=threads, notes={"moves": len(seconds)},
                )
            )  # fmt: skip
    notes: dict[str, float | int | str] = {
        "requests": 200, "at once": 8, "lost": missing, "seconds in all": took,
    }  # fmt: skip
    print_row(
        against_limit(
            [took / 200], bench="explore", row="requests/two-small-networks/limit", limit=LIMIT,
            unit="seconds", threads=threads, notes=notes,
        )
    )  # fmt: skip


if __name__ == "__main__":
    main()
