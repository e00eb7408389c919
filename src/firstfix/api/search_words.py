"""How people's search text is taken apart for `search_jobs()` and `search_locations()`."""

import re

_PHRASE_OR_WORD = re.compile(r'"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+)')


def split_search(text: str) -> tuple[list[str], str]:
    """Split a search into what must occur as it is and what a word must begin with.

    Returns:
        Words and quoted phrases, and the last word; that one is empty where a phrase comes last.
    """
    parts = [(match["phrase"], match["word"]) for match in _PHRASE_OR_WORD.finditer(text)]
    prefix = parts.pop()[1] or "" if parts and parts[-1][1] else ""
    return [whole for phrase, word in parts if (whole := phrase or word)], prefix
