"""The child that decodes JPEG and PNG and writes them anew: `python -m firstfix.adapters.screening.pictures TYPE`.

What is written has the pixels and nothing else: no place where it was taken, no comments, no profiles, nothing that was
hidden before, in or behind the picture. Of a moving picture the first one is left.
"""

import warnings
from io import BytesIO
from typing import Final

from PIL import ExifTags, Image, JpegImagePlugin, PngImagePlugin  # noqa: F401 (plugins, before it is confined)

from firstfix.adapters.screening.confined import look_once
from firstfix.domain.files.formats import (
    JPEG,
    LONGEST_SIDE,
    LONGEST_THUMBNAIL_SIDE,
    MOST_PIXELS,
    Facts,
    Unacceptable,
    fit,
)

_QUALITY = 85
_THUMBNAIL_QUALITY = 75
_PNG_MODES = ("L", "LA", "RGB", "RGBA")
_DEEP_STEP = 1 / 256  # of 16 bits a channel, the upper eight are shown
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What makes a picture stand upright, by what it says about itself. Source: EXIF 2.3, tag 274."""


def look(media_type: str, content: bytes) -> tuple[Facts, tuple[bytes, bytes]]:
    """Decode a picture and write it anew, with its thumbnail."""
    form = "JPEG" if media_type == JPEG else "PNG"
    picture = _decode(form, content)
    picture = _shrink(picture, LONGEST_SIDE, Image.Resampling.LANCZOS)
    facts = Facts(width=picture.width, height=picture.height)
    written = _encode(form, picture, _QUALITY)
    thumbnail = _shrink(picture, LONGEST_THUMBNAIL_SIDE, Image.Resampling.BICUBIC)
    return facts, (written, _encode(form, thumbnail, _THUMBNAIL_QUALITY))


def _shrink(picture: Image.Image, longest: int, resampling: Image.Resampling) -> Image.Image:
    size = fit(picture.width, picture.height, longest)
    return picture if size == picture.size else picture.resize(size, resampling, reducing_gap=3)


def _decode(form: str, content: bytes) -> Image.Image:
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        picture: Image.Image = Image.open(BytesIO(content), formats=(form,))
        picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        picture.load()
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise Unacceptable("too_large") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:  # how the library tells that something is no picture
        raise Unacceptable("unreadable") from error
    turn = _turn_of(picture)
    return _plain(form, picture if turn is None else picture.transpose(turn))


def _turn_of(picture: Image.Image) -> Image.Transpose | None:
    """Tell how a picture lies. The library's own turning writes the rest anew too, which not all cameras survive."""
    try:
        return _TURNS.get(picture.getexif().get(ExifTags.Base.Orientation, 1))
    except (OSError, SyntaxError, ValueError, TypeError, LookupError):  # made up: then it stays as it is
        return None


def _plain(form: str, picture: Image.Image) -> Image.Image:
    """Give the pixels in a mode that every browser shows."""
    if picture.mode.startswith(("I", "F")):
        picture = picture.convert("I").point(lambda value: value * _DEEP_STEP).convert("L")
    if form == "JPEG":
        return picture if picture.mode in ("L", "RGB") else picture.convert("RGB")
    if picture.mode in _PNG_MODES and "transparency" not in picture.info:
        return picture
    return picture.convert("RGBA" if picture.has_transparency_data else "RGB")


def _encode(form: str, picture: Image.Image, quality: int) -> bytes:
    out = BytesIO()
    picture.info = {}  # what the library would write beside the pixels
    if form == "JPEG":
        picture.save(out, "JPEG", quality=quality)
    else:
        picture.save(out, "PNG", compress_level=6)
    return out.getvalue()


if __name__ == "__main__":
    look_once(look)
