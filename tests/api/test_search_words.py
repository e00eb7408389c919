"""How a search is taken apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstfix.api.search_words import split_search


@pytest.mark.parametrize(
    ("text", "whole", "prefix"),
    [
        ("", [], ""),
        ("   ", [], ""),
        ("boil", [], "boil"),
        ("no hot wat", ["no", "hot"], "wat"),
        ('"no hot water" boil', ["no hot water"], "boil"),
        ('boiler "no hot water"', ["boiler", "no hot water"], ""),
        ('boiler "no hot wat', ["boiler", "no hot wat"], ""),
        ('""', [], ""),
        ('a""b', ["a"], "b"),
        ('"', [], ""),
    ],
)
def test_words_stand_alone_phrases_together_and_the_last_word_is_a_beginning(
    text: str, whole: list[str], prefix: str
) -> None:
    assert split_search(text) == (whole, prefix)


@given(st.text(alphabet='ab "', max_size=30))
def test_nothing_but_quotes_and_spaces_is_lost(text: str) -> None:
    whole, prefix = split_search(text)

    assert "".join(("".join(whole) + prefix).split()) == "".join(text.replace('"', " ").split())
