"""Several workers on one store: every part once, the same records, images made once."""

import copy
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from cuelens.attacks import PGD
from cuelens.balls import Linf
from cuelens.errors import StorageError
from cuelens.evaluation import (
    Condition,
    MapMeasures,
    RecordStore,
    attack_dataset,
    evaluate_models,
    measure_agreement,
    measure_controls,
    measure_salience,
    probe_model,
)
from cuelens.leases import Leases
from cuelens.metrics import MEASURES
from cuelens.transforms import PatchShuffle, Saturation


def together(work, folder, count=2):
    """Let several workers, each with its own store of one folder, do the same work."""
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(work, [RecordStore(folder) for _ in range(count)]))


def all_rows(folder, table):
    frame = RecordStore(folder).read(table)
    return frame.sort([name for name in frame.columns if frame.schema[name].is_nested() is False])


@pytest.fixture
def jobs(models, dataset, conditions, planted):
    """Every kind of work on a store, by the table that it fills; each has models of its own."""

    def own(work):
        def do(store):
            with copying:  # one worker may be in the midst of changing a mode
                copies = copy.deepcopy(models)
            return work(copies, store)

        return do

    copying = threading.Lock()
    images = dataset
    pgd = PGD(ball=Linf(radius=0.1), step=0.05, steps=3)
    slope = planted["Slope"]()
    measures = MapMeasures(alone=MEASURES)
    draw = {"draw": 3}
    controlled = [
        Condition(family="saturation", level=8.0, transform=Saturation(level=8.0)),
        Condition(family="shuffle", level=2.0, transform=PatchShuffle(patches=2)),
    ]
    work = {
        "predictions": lambda own, store: evaluate_models(
            own, images, conditions, store=store, chunk=10, micro_batch=250, **draw
        ),
        "controls": lambda _, store: measure_controls(images, controlled, store=store, **draw),
        "attacks": lambda own, store: attack_dataset(
            own["robust"], images, pgd, condition="pgd", store=store, chunk=10, exact=True, **draw
        ),
        "salience": lambda own, store: measure_salience(
            own["robust"], images, slope, measures, method_name="slope", store=store, chunk=10,
            **draw,
        ),
        "agreements": lambda own, store: measure_agreement(
            own, images, slope, method_name="slope", store=store, chunk=10, **draw
        ),
        "probes": lambda own, store: probe_model(own["robust"], images, store=store, **draw),
    }  # fmt: skip
    return {table: own(one) for table, one in work.items()}


@pytest.mark.parametrize(
    "table", ["predictions", "controls", "attacks", "salience", "agreements", "probes"]
)
def test_two_workers_compute_each_part_once_and_both_have_all(jobs, tmp_path, table):
    torch.set_num_threads(1)
    alone = jobs[table](RecordStore(tmp_path / "alone"))
    found = together(jobs[table], tmp_path / "shared")
    assert found[0].keys == found[1].keys == alone.keys
    assert sum(one.computed for one in found) == alone.computed
    assert all_rows(tmp_path / "shared", table).equals(all_rows(tmp_path / "alone", table))
    assert not (tmp_path / "shared" / ".leases").exists()


def test_workers_read_each_image_once_but_for_the_last_chunks(jobs, dataset, tmp_path):
    together(jobs["predictions"], tmp_path)
    assert set(dataset.rendered) == set(range(50))
    assert len(dataset.rendered) <= 50 + 2 * 10


def test_a_second_model_adds_no_reading_and_no_making(planted, models, dataset, tmp_path):
    made = []

    class Watched(planted["Fade"]):
        def __call__(self, images, *, chance):
            made.append(len(images))
            return super().__call__(images, chance=chance)

    conditions = [
        Condition(family="fade", level=share, transform=Watched(share=share))
        for share in (0.2, 0.5)
    ]
    counts = []
    for names in (("standard",), ("standard", "robust")):
        dataset.rendered.clear()
        made.clear()
        store = RecordStore(tmp_path / str(len(names)))
        own = {name: models[name] for name in names}
        evaluate_models(own, dataset, conditions, store=store, chunk=20, micro_batch=50)
        counts.append((sorted(dataset.rendered), list(made)))
    assert counts[0] == counts[1] == (list(range(50)), [20, 20, 20, 20, 10, 10])


def test_a_model_that_is_added_is_all_that_is_computed(planted, models, dataset, conditions, store):
    evaluate_models(
        {"standard": models["standard"]},
        dataset,
        conditions,
        store=store,
        chunk=20,
        micro_batch=250,
    )
    planted["Counting"].seen.clear()
    done = evaluate_models(models, dataset, conditions, store=store, chunk=20, micro_batch=250)
    assert done.computed == 9
    assert planted["Counting"].seen.count(250) == 9  # micro-batches are filled
    more = [*conditions, Condition(family="fade", level=0.9, transform=planted["Fade"](share=0.9))]
    assert evaluate_models(models, dataset, more, store=store, chunk=20).computed == 6


def test_a_worker_that_lost_its_lease_writes_nothing(store, models, dataset):
    slow = RecordStore(
        store.folder, leases=Leases(store.leases.folder, machine="a", beat=50, patience=100)
    )
    quick = RecordStore(
        store.folder, leases=Leases(store.leases.folder, machine="b", beat=0.05, patience=0.2)
    )
    written = []

    def meanwhile(images, *, chance):
        """While the slow worker makes the images, the quick one takes over and is done."""
        if not written:
            written.append("begun")
            done = evaluate_models(models, dataset, [condition], store=quick, draw=1)
            written.extend(quick.path("predictions", key).stat().st_mtime_ns for key in done.keys)
        return images

    condition = Condition(family="slow", transform=_Slow(meanwhile))
    done = evaluate_models(models, dataset, [condition], store=slow, draw=1)
    assert done.computed == 2  # for nothing
    after = [slow.path("predictions", key).stat().st_mtime_ns for key in done.keys]
    assert after == written[1:]


def test_on_a_full_disk_nothing_is_lost_and_the_same_call_goes_on(
    models, dataset, conditions, small_disk
):
    def run():
        return evaluate_models(
            models, dataset, conditions, store=RecordStore(small_disk / "records"), chunk=10
        )

    (small_disk / "filler").write_bytes(bytes(32 * 1024))
    with pytest.raises(StorageError, match="got a full disk with"):
        run()
    kept = RecordStore(small_disk / "records").keys("predictions")
    assert not (small_disk / "records" / ".leases").exists()
    assert not list(small_disk.rglob("*.partial"))
    subprocess.run(["/usr/bin/env", "mount", "-o", "remount,size=4m", str(small_disk)], check=True)
    (small_disk / "filler").unlink()
    done = run()
    assert done.computed == 30 - len(kept)
    assert RecordStore(small_disk / "records").read("predictions", done.keys).height == 300


def test_in_a_read_only_folder_what_is_there_is_found_and_what_is_not_is_refused(
    models, dataset, conditions, small_disk
):
    store = RecordStore(small_disk / "records")
    evaluate_models(models, dataset, conditions[:1], store=store)
    subprocess.run(["/usr/bin/env", "mount", "-o", "remount,ro", str(small_disk)], check=True)
    store = RecordStore(small_disk / "records")
    assert evaluate_models(models, dataset, conditions[:1], store=store).computed == 0
    with pytest.raises(StorageError) as caught:
        evaluate_models(models, dataset, conditions, store=store)
    assert str(caught.value) == (
        f"`{store.folder / '.leases'}` must be a place that can be written, got: Read-only file "
        "system. Choose another output folder, or change what is there."
    )


class _Slow:
    version = 1

    def __init__(self, act):
        self.act = act

    def __repr__(self):
        return "Slow()"

    def __call__(self, images, *, chance):
        return self.act(images, chance=chance)
