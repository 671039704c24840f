"""The attack of docs/extend/attack.md keeps what every attack promises."""

import pytest
from tests.attacks import test_contract as contract
from tests.pages import publish

from cuelens import attacks


@pytest.fixture
def attack(monkeypatch):
    return publish("extend/attack.md", monkeypatch, attacks, contract)(ball=contract.SMALL)


def test_the_page_keeps_the_contract(attack, network, images, labels, chance):
    arguments = (attack, network, images, labels, chance)
    contract.test_keeps_the_protocol(attack)
    contract.test_its_settings_are_all_there_is_to_it(attack)
    contract.test_refuses_a_batch_of_no_images(attack)
    contract.test_no_images_give_no_images(attack, network)
    contract.test_float32_leaves_the_ball_by_rounding_at_most(*arguments)
    contract.test_works_without_gradients_switched_on(*arguments)
    contract.test_takes_labels_of_any_integer_type(*arguments)
    contract.test_refuses_logits_that_are_not_numbers(*arguments)
    contract.test_stays_in_range_and_in_ball(*arguments)
