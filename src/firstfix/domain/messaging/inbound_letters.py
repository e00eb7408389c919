"""Reading mail that anybody may have sent: within limits, and without believing what it says of itself.

The whole letter is in memory already. What is limited here is what reading may cost: the standard library's parser
asks each line about every boundary that is open, and its readers of headers are slow on long ones.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import MessageError
from email.headerregistry import HeaderRegistry
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import Any, Final

from msgspec import Struct

from firstfix.domain.messaging.html_text import text_of_html
from firstfix.domain.messaging.trimming import new_text

LETTER_LIMIT_BYTES: Final = 30 << 20
LONGEST_SUBJECT: Final = 200
_HEADER_LIMIT = 768
_HEADERS_LIMIT = 500
_HEADERS_LIMIT_BYTES = 256 << 10
_PARTS_LIMIT = 50
_DEPTH_LIMIT = 10
_BOUNDARIES_LIMIT = 4 * _PARTS_LIMIT
_CONTAINERS_LIMIT = 50
_LINES_LIMIT = 600_000
_LINES_TIMES_CONTAINERS_LIMIT = 3_000_000
_TEXT_LIMIT_BYTES = 256 << 10
_ATTACHMENTS_LIMIT = 20
_NAMES_TOLD = 20

_CONTAINER = re.compile(rb"^content-type[ \t]*:[^:]{0,100}?(?:multipart|message)", re.IGNORECASE | re.MULTILINE)
_BOUNDARY = re.compile(rb"""boundary[ \t]*=[ \t]*["']?(?P<boundary>[^"'\s;]{1,200})""", re.IGNORECASE)
_RESULT = re.compile(r"(?P<method>spf|dkim|dmarc)\s*=\s*(?P<result>[a-z]+)\b", re.IGNORECASE | re.ASCII)
_ASIDE = re.compile(r'\([^()]*\)|"[^"]*"')
_ADDRESSED = re.compile(
    rb"^(?:delivered-to|x-original-to|envelope-to|to|cc)[ \t]*:(?P<value>.*(?:\r?\n[ \t].*)*)",
    re.IGNORECASE | re.MULTILINE,
)
_ADDRESS = re.compile(rb"[\w.+=-]{1,100}@[\w.-]{1,200}", re.ASCII)
_MESSAGE_ID = re.compile(
    rb"^message-id[ \t]*:\s{0,80}(?P<id>[^\s<>]{0,9}<[^<>\s]{1,900}>)", re.IGNORECASE | re.MULTILINE
)
_OWN_ID = re.compile(rb"<[0-9a-f-]{36}\.[12]\.[0-9]+@")
_STATUS = re.compile(r"^status[ \t]*:[ \t]*(?P<class>[245])\.", re.IGNORECASE | re.MULTILINE)
_CHARSETS = re.compile(
    r"utf_?8(?:_sig)?|utf_?16(?:_?[bl]e)?|ascii|latin_?1|iso8859_\d{1,2}|cp(?:125\d|437|850|866|874|932|949)|koi8_[ru]"
    r"|gb2312|gbk|gb18030|big5|shift_jis|euc_(?:jp|kr)|iso2022_(?:jp|kr)|mac_roman|tis_620"
)
_EXTENSIONS = {"image/jpeg": ".jpg", "image/png": ".png", "video/mp4": ".mp4", "application/pdf": ".pdf"}
_AUTOMATIC_PRECEDENCES = frozenset({"bulk", "junk", "list", "auto_reply"})
_AUTOMATIC_HEADERS = ("list-id", "x-autoreply", "x-autorespond", "x-auto-response-suppress", "x-loop", "feedback-id")
# What the library's readers of hostile headers are known to fail with.
_FAILURES = (MessageError, ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError)


class UnreadableLetter(Exception):
    """Mail that is not read any further: it would cost too much, or the parser fails."""


def _read_header(name: str, value: str) -> Any:  # noqa: ANN401 (each header has a class of its own)
    """Read a header; of one longer than any honest one the beginning."""
    return _HEADERS(name, value[:_HEADER_LIMIT])


_HEADERS = HeaderRegistry()
_POLICY = EmailPolicy(header_factory=_read_header)


class LetterFile(Struct, frozen=True, kw_only=True):
    """A file that came with a letter."""

    given_name: str
    content: bytes


class Letter(Struct, frozen=True, kw_only=True):
    """What a letter says.

    Attributes:
        sender: The one address in `From`, in lower case; `None` where there is none, or more than one.
        subject: For people to look at.
        text: What was newly written, plain: without quoted text and signature.
        files: In the order sent.
        left_out: Names of files that were too many.
        automatic: By which header a program says that it wrote this, and not a person; `None` where none does.
        is_failure: Whether it reports that mail could not be delivered.
        authentication: What a mail server that is trusted found: `spf=pass dkim=pass dmarc=pass`.
    """

    sender: str | None
    subject: str
    text: str
    files: tuple[LetterFile, ...]
    left_out: tuple[str, ...]
    automatic: str | None
    is_failure: bool
    authentication: str


def read_letter(raw: bytes, *, trusted_server: str | None = None) -> Letter:
    """Read a letter.

    Args:
        raw: All of it.
        trusted_server: The name under which our own mail server writes what it found out about senders.

    Raises:
        UnreadableLetter: It cannot be read within the limits.
    """
    _check_shape(raw)
    try:
        return _read(message_from_bytes(raw, policy=_POLICY), raw, trusted_server)
    except _FAILURES as failure:
        raise UnreadableLetter(type(failure).__name__) from failure


def message_hash_of(raw: bytes) -> bytes:
    """Give what is the same for each copy of a letter: the hash of its Message-ID; without one, of all of it."""
    return hashlib.sha256(_message_id_of(raw) or raw).digest()


def addressees_of(raw: bytes) -> list[str]:
    """Read the addresses that a letter's headers name, in lower case, each once."""
    values = b" ".join(found["value"] for found in _ADDRESSED.finditer(_head_of(raw)))
    return list(dict.fromkeys(address.decode("ascii").lower() for address in _ADDRESS.findall(values)))


def clean_text(text: str) -> str:
    """Take out what no text holds: control characters but line ends and tabs, and halves of surrogate pairs."""
    return "".join(
        character for character in text if character in "\n\t" or unicodedata.category(character) not in {"Cc", "Cs"}
    )


def _check_shape(raw: bytes) -> None:
    if len(raw) > LETTER_LIMIT_BYTES:
        raise UnreadableLetter("size")
    lines_count = raw.count(b"\n") + raw.count(b"\r")
    containers_count = sum(1 for _ in _CONTAINER.finditer(raw))
    if lines_count > 2 * _LINES_LIMIT or containers_count > _CONTAINERS_LIMIT:
        raise UnreadableLetter("shape")
    if lines_count * containers_count > 2 * _LINES_TIMES_CONTAINERS_LIMIT:
        raise UnreadableLetter("shape")
    boundaries = {found["boundary"] for found in _BOUNDARY.finditer(raw)}
    if sum(raw.count(b"\n--" + boundary) for boundary in boundaries) > _BOUNDARIES_LIMIT:
        raise UnreadableLetter("shape")
    head = _head_of(raw)
    if len(head) > _HEADERS_LIMIT_BYTES or head.count(b"\n") > _HEADERS_LIMIT:
        raise UnreadableLetter("headers")


def _head_of(raw: bytes) -> bytes:
    return re.split(rb"\r?\n\r?\n", raw[: _HEADERS_LIMIT_BYTES + 4], maxsplit=1)[0]


def _message_id_of(raw: bytes) -> bytes:
    found = _MESSAGE_ID.search(_head_of(raw))
    return found["id"] if found is not None else b""


def _read(message: EmailMessage, raw: bytes, trusted_server: str | None) -> Letter:
    leaves = list(_leaves(message))
    plain: list[str] = []
    html: list[str] = []
    files: list[LetterFile] = []
    left_out: list[str] = []
    for part in leaves:
        kind = part.get_content_type()
        if kind.startswith("multipart/"):  # in name only: the library found no part in it
            plain.append(_text_of(part))
        elif kind in {"text/plain", "text/html"} and part.get_filename() is None and not part.is_attachment():
            (plain if kind == "text/plain" else html).append(_text_of(part))
        elif kind.startswith("message/"):
            left_out.append(_name_of(part, kind))
        else:
            file = _file_of(part, kind)
            if len(files) < _ATTACHMENTS_LIMIT and file.content:
                files.append(file)
            else:
                left_out.append(file.given_name)
    text = "\n".join(plain)
    if not text.strip():
        text = "\n".join(map(text_of_html, html))
    is_report = message.get_content_type() == "multipart/report"
    return Letter(
        sender=_sender_of(message),
        subject=clean_text(_first(message, "subject"))[:LONGEST_SUBJECT],
        text=new_text(clean_text(text)),
        files=tuple(files),
        left_out=tuple(left_out[:_NAMES_TOLD]),
        automatic=_automatic(message, raw, is_report=is_report),
        is_failure=is_report and _is_failure(message),
        authentication=_authentication(message, trusted_server),
    )


def _leaves(message: EmailMessage) -> Iterator[EmailMessage]:
    """Walk through the parts that hold something; letters within the letter are parts of their own."""
    count = 0
    waiting: list[tuple[Any, int]] = [(message, 0)]
    while waiting:
        part, depth = waiting.pop()
        count += 1
        if count > _PARTS_LIMIT or depth > _DEPTH_LIMIT:
            raise UnreadableLetter("parts")
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            waiting.extend((child, depth + 1) for child in reversed(part.get_payload()))
        else:
            yield part


def _text_of(part: EmailMessage) -> str:
    content = _content_of(part)[:_TEXT_LIMIT_BYTES]
    charset = str(part.get_content_charset("utf-8"))
    for name in (charset, "utf-8"):
        if _CHARSETS.fullmatch(_plain_name(name)):
            try:
                return content.decode(name)
            except (LookupError, UnicodeError):
                continue
    return content.decode("utf-8", errors="replace")


def _plain_name(charset: str) -> str:
    name = charset.lower().replace("-", "_").replace(" ", "_")
    name = re.sub(r"^(?:windows|x_cp)_?", "cp", name)
    return re.sub(r"^(?:us_ascii|ansi_x3.*)$", "ascii", re.sub(r"^iso_?(8859|2022)", r"iso\1", name))


def _content_of(part: EmailMessage) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _file_of(part: EmailMessage, kind: str) -> LetterFile:
    return LetterFile(given_name=_name_of(part, kind), content=_content_of(part))


def _name_of(part: EmailMessage, kind: str) -> str:
    given = part.get_filename()
    return clean_text(given) if given else "unnamed" + _EXTENSIONS.get(kind, ".eml" if kind == "message/rfc822" else "")


def _sender_of(message: EmailMessage) -> str | None:
    headers = message.get_all("from", [])
    if len(headers) != 1 or headers[0].defects or len(headers[0].addresses) != 1:
        return None
    if headers[0].groups[0].display_name is not None:
        return None
    address = str(headers[0].addresses[0].addr_spec).lower()
    return address if "@" in address and address == clean_text(address) else None


def _automatic(message: EmailMessage, raw: bytes, *, is_report: bool) -> str | None:
    """Tell by which header a program says that it wrote this."""
    written_by = _first(message, "auto-submitted").partition(";")[0].strip().lower()
    signs = {
        "report": is_report,
        "own": _OWN_ID.match(_message_id_of(raw)) is not None,
        "auto-submitted": written_by not in {"", "no"},
        "return-path": _first(message, "return-path").strip() == "<>",
        "precedence": _first(message, "precedence").strip().lower() in _AUTOMATIC_PRECEDENCES,
        **{name: name in message for name in _AUTOMATIC_HEADERS},
    }
    return next((name for name, is_there in signs.items() if is_there), None)


def _is_failure(message: EmailMessage) -> bool:
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            told = "\n".join(str(field) for field in part.get_payload())
            found = _STATUS.search(told)
            return found is not None and found["class"] == "5"
    return False


def _authentication(message: EmailMessage, trusted_server: str | None) -> str:
    """Take over what our own mail server found. Anybody may write such headers, so its name must be on them."""
    found: dict[str, str] = {}
    for value in message.get_all("authentication-results", []) if trusted_server else []:
        server, *results = _ASIDE.sub(" ", str(value)).split(";")
        if server.split()[:1] != [trusted_server]:
            continue
        for result in results:
            match = _RESULT.match(result.strip())
            if match is not None:
                found.setdefault(match["method"].lower(), match["result"].lower())
    return " ".join(f"{method}={found[method]}" for method in ("spf", "dkim", "dmarc") if method in found)


def _first(message: EmailMessage, name: str) -> str:
    return str(message.get(name, ""))
