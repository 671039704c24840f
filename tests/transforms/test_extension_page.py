"""The transform of docs/extend/transform.md keeps what every transform promises."""

import pytest
from tests.pages import publish
from tests.transforms import test_contract as contract

from cuelens import transforms


@pytest.fixture
def transform(monkeypatch):
    return publish("extend/transform.md", monkeypatch, transforms, contract)(levels=4)


def test_the_page_keeps_the_contract(transform, images, chance):
    contract.test_keeps_the_protocol(transform)
    contract.test_its_settings_are_all_there_is_to_it(transform)
    contract.test_stays_in_range(transform, images, chance)
    contract.test_changes_something(transform, images, chance)
    contract.test_leaves_its_arguments_alone(transform, images, chance)
    contract.test_takes_images_that_ask_for_gradients(transform, images, chance)
    contract.test_an_image_has_the_same_bits_on_any_number_of_threads(transform)
    contract.test_memory_layout_does_not_matter(transform, images, chance)
    contract.test_no_images_give_no_images(transform)
    contract.test_refuses_images_out_of_range(transform, images, chance)
