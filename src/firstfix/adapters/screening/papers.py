"""The child that looks into PDF, DOCX and MP4: `python -m firstfix.adapters.screening.papers TYPE`.

Of a film it leaves the pictures and the sound; the rest is kept as it came.
"""

import codecs

from firstfix.adapters.screening.confined import look_once
from firstfix.domain.files.bare_films import bare_film
from firstfix.domain.files.formats import MP4, Facts, inspect


def look(media_type: str, content: bytes) -> tuple[Facts, tuple[bytes, ...]]:
    """Look through content, and bare it where it is a film that tells more than it shows."""
    facts = inspect(media_type, content)
    bare = bare_film(content) if media_type == MP4 else content
    return facts, () if bare == content else (bare,)


if __name__ == "__main__":
    codecs.lookup("cp437")  # of names in archives: nothing can be imported any more once it is confined
    look_once(look)
