"""What is left of a reply."""

from firstfix.domain.messaging.trimming import new_text


def test_a_long_paragraph_is_kept_whole() -> None:
    words = " ".join(f"word{number}" for number in range(800))
    assert new_text(words).split() == words.split()
    assert new_text("x" * 5000).replace("\n", "") == "x" * 5000


def test_what_a_program_says_of_itself_goes_and_a_sentence_like_it_stays() -> None:
    assert new_text("The tap drips.\n\nSent from my phone") == "The tap drips."
    sentences = "Hello,\nSent with the plumber: two keys.\nOne for the shed.\nOne for the gate.\nBoth work.\nThanks"
    assert new_text(sentences) == sentences
    assert new_text("The tap drips.\n-- \nAda\nLettings\n1 High Street\nYork\n01632 960000") == "The tap drips."


def test_a_quote_goes_also_where_nothing_says_whom_it_quotes() -> None:
    assert new_text("Yes, at nine.\n\n> Can you come?\n> Jo") == "Yes, at nine."
    assert new_text("> Can you come?\n\nYes, at nine.") == "Yes, at nine."
    assert new_text("> Can you come?") == ""
