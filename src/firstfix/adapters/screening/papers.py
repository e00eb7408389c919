"""The child that looks into PDF, DOCX and MP4: `python -m firstfix.adapters.screening.papers TYPE`."""

import codecs

from firstfix.adapters.screening.confined import look_once
from firstfix.domain.files.formats import Facts, inspect


def look(media_type: str, content: bytes) -> tuple[Facts, tuple[bytes, ...]]:
    """Look through content that is kept as it came."""
    return inspect(media_type, content), ()


if __name__ == "__main__":
    codecs.lookup("cp437")  # of names in archives: nothing can be imported any more once it is confined
    look_once(look)
