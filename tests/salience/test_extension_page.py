"""The method of docs/extend/salience.md keeps what every salience method promises."""

import pytest
from tests.pages import publish
from tests.salience import test_contract as contract

from cuelens import salience


@pytest.fixture
def method(monkeypatch):
    return publish("extend/salience.md", monkeypatch, salience, contract)()


def test_the_page_keeps_the_contract(method, classifier, one_by_one, images, labels, chance):
    arguments = (method, classifier, images, labels, chance)
    contract.test_keeps_the_protocol(method)
    contract.test_its_settings_are_all_there_is_to_it(method)
    contract.test_no_images_have_no_maps(method, classifier)
    contract.test_takes_images_that_ask_for_gradients(*arguments)
    contract.test_works_without_gradients_switched_on(*arguments)
    contract.test_refuses_images_out_of_range(*arguments)
    contract.test_every_image_has_a_map_of_its_own(method, one_by_one, images, labels, chance)
    contract.test_leaves_its_arguments_alone(*arguments)
