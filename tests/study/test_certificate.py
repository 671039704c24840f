"""A certificate says what was found, comes back from its file, and knows errors for failures."""

import pytest

from cuelens.errors import RecordError
from cuelens.study.certificate import Certificate, Checked, read_certificate, selfcheck
from cuelens.study.oracles import Finding, Oracle


def oracle(name, *, passed=True):
    return Oracle(
        name=name,
        claim=f"{name} holds.",
        look=lambda: Finding(expected="1", got="1" if passed else "2", passed=passed),
    )


def broken() -> Finding:
    raise ZeroDivisionError("by nothing")


def test_all_oracles_must_pass_for_the_certificate_to_pass():
    told = []
    good = selfcheck(oracles=[oracle("a"), oracle("b")], tell=lambda *words: told.append(words))
    assert good.passed
    assert told == [(1, 2, "a"), (2, 2, "b")]
    assert good.sentence == "2 of 2 oracles passed, in 0 s."
    bad = selfcheck(oracles=[oracle("a"), oracle("b", passed=False)])
    assert not bad.passed
    assert bad.sentence.startswith("1 of 2 ")
    assert not selfcheck(oracles=[]).passed


def test_an_error_is_a_failure_with_its_name_and_stops_nothing():
    found = selfcheck(oracles=[Oracle(name="x", claim="X.", look=broken), oracle("b")])
    assert [one.passed for one in found.oracles] == [False, True]
    assert found.oracles[0].got == "ZeroDivisionError: by nothing"


def test_a_certificate_comes_back_from_a_file_and_from_a_folder(tmp_path):
    found = selfcheck(oracles=[oracle("a")])
    assert {"python", "cuelens", "torch"} <= set(found.versions)
    assert {"threads", "processor", "fast path"} <= set(found.machine)
    assert found.write(tmp_path) == tmp_path / "certificate.json"
    assert read_certificate(tmp_path) == found
    assert found.write(tmp_path / "deep" / "mine.json") == tmp_path / "deep" / "mine.json"
    assert read_certificate(tmp_path / "none") is None


@pytest.mark.parametrize("content", ["", "[]", '{"oracles": [1]}', '{"oracles": []}'])
def test_a_certificate_that_cannot_be_read_is_refused(tmp_path, content):
    path = tmp_path / "certificate.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(RecordError) as error:
        read_certificate(tmp_path)
    assert str(error.value).startswith(
        f"Expected a certificate that `cuelens selfcheck` wrote at {path}, got one that cannot be "
    )


def test_a_certificate_is_made_of_plain_values():
    one = Checked(name="a", claim="A.", expected="1", got="1", passed=True, seconds=0.25)
    assert Certificate(created="now", machine={}, versions={}, oracles=(one,)).seconds == 0.25
