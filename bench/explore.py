"""How long from a slider to the predictions of two small networks, and does it lose requests?

The page is served and moved in chromium: from the moment a slider moves until the answers on the
page are those of its new place. Then 200 requests are made, 8 at a time, without a browser.
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
_MOVE = """([level]) => new Promise((done) => {
  const slider = document.querySelector('input[type=range]');
  const answers = document.querySelector('#answers');
  const words = level === 1 ? 'unchanged' : 'saturation=' + 2 ** level;
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


def moves(address: str) -> list[float]:
    """Return the seconds from each move of a slider to its answers, while maps stream in."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(address)
        page.wait_for_selector("#looks .card img")
        levels = [1 + place % 10 for place in range(1, MOVES + 11)]
        found = [page.evaluate(_MOVE, [level]) / 1000 for level in levels]
        browser.close()
    return found[10:]  # the first are a warm-up


def lost(address: str) -> int:
    """Return how many of 200 requests, 8 at a time, were not answered."""

    def ask(place: int) -> int:
        client = ExplorerClient(address)
        answers = [client.ask("load", [None, 2 + n % 9, *REST[1:]]) for n in range(25)]
        return sum(one is None or 'class="card"' not in one[0] for one in answers)

    with ThreadPoolExecutor(8) as pool:
        return sum(pool.map(ask, range(8)))


def main() -> None:
    """Print a row for the median, one for the 95th percentile, one for requests at once."""
    models = subjects()
    with serve(models, rendered_pictures(models.side)) as served:
        seconds = moves(served.address)
        started = time.perf_counter()
        missing = lost(served.address)
        took = time.perf_counter() - started
    rows = {
        "slider/two-small-networks/limit": statistics.median(seconds),
        "slider-95th-percentile/two-small-networks/limit": statistics.quantiles(seconds, n=20)[-1],
    }
    notes: dict[str, float | int | str] = {"moves": len(seconds)}
    threads = torch.get_num_threads()
    for row, figure in rows.items():
        print_row(
            against_limit(
                [figure], bench="explore", row=row, limit=LIMIT, unit="seconds", threads=threads,
                notes=notes,
            )
        )  # fmt: skip
    notes = {"requests": 200, "at once": 8, "lost": missing, "seconds in all": took}
    print_row(
        against_limit(
            [took / 200], bench="explore", row="requests/two-small-networks/limit", limit=LIMIT,
            unit="seconds", threads=threads, notes=notes,
        )
    )  # fmt: skip


if __name__ == "__main__":
    main()
