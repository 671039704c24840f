"""The verdicts beside a page: kept and read word for word."""

import pytest

from cuelens.errors import RunFolderError
from cuelens.report.told_verdicts import ToldVerdict, ToldVerdicts, note_verdicts, read_verdicts


def test_what_was_noted_is_read(tmp_path):
    one = ToldVerdict(
        key="a",
        claim="A is b.",
        outcome="for",
        sentence="For: \N{EN DASH} 3 points.",
        notes=("And c.",),
        doubts=(("few-images", "A value rests on 8 images."),),
    )
    told = ToldVerdicts(headline="1 of 1 claim holds", verdicts=(one,))
    note_verdicts(tmp_path, told)
    assert read_verdicts(tmp_path) == told


@pytest.mark.parametrize("content", [None, "{}", "torn", '{"headline": "", "verdicts": [{}]}'])
def test_a_file_that_cannot_be_read_names_the_remedy(tmp_path, content):
    path = tmp_path / "verdicts.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(RunFolderError) as caught:
        read_verdicts(tmp_path)
    assert str(caught.value).startswith(
        f"Expected what a report says of the claims in `{path}`, got no such file, or one that "
    )
    assert str(caught.value).endswith(f"Write it again: cuelens report {tmp_path}.")
