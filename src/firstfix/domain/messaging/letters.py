"""Letters: from what is to be told to a mail with a text and an HTML part.

What people wrote is data: it fills gaps of our texts, escaped where the text is HTML, and without control characters
where it stands in a header.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape
from html.parser import HTMLParser
from itertools import accumulate
from typing import Final

from msgspec import Struct

from firstfix.domain.files.views import FileContent
from firstfix.domain.messaging.facts import PERSON, EventFacts, JobFacts, NoteFacts, Recipient
from firstfix.domain.messaging.telling import MailKind
from firstfix.domain.messaging.wording import BREACHED, FIELDS, OPENINGS, SUBJECTS, translate
from firstfix.domain.people.rules import is_address

LONGEST_SUBJECT: Final = 200
LONGEST_DESCRIPTION: Final = 2_000
MOST_BYTES_ALONG: Final = 10 << 20
"""Larger mails are refused by many servers."""
SLA_BREACHED: Final = "sla_breached"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]+")
_BLANKS = re.compile(r"[^\S\n]+")
_BREAKS = re.compile(r"\n{3,}")
_WORD: Final = r"[\w!#$%&'*+/=^`{|}~-]+"
_MAILBOX: Final = re.compile(rf"{_WORD}(?:\.{_WORD})*@[\w-]+(?:\.[\w-]+)*", re.ASCII)
"""Source: RFC 5322, 3.4.1, without what is quoted, and without `?`: the standard library would read encoded words."""
_ENDS_LINE: Final = frozenset({"br", "p", "div", "li", "ul", "ol", "blockquote", "pre", "h1", "h2", "h3", "h4", "tr"})


class Sender(Struct, frozen=True, kw_only=True):
    """From where mail comes: the address, the domain of replies where there is one, and where the app is."""

    address: str
    reply_domain: str | None
    app_url: str

    @property
    def domain(self) -> str:
        """What the names of threads end in."""
        return self.reply_domain or self.address.rpartition("@")[2]


class Attached(Struct, frozen=True, kw_only=True):
    """A file that goes with a mail."""

    name: str
    mime_type: str
    content: bytes


class Letter(Struct, frozen=True, kw_only=True):
    """All that a mail tells. Of a note's files those go with it that are small enough together."""

    kind: MailKind
    recipient: Recipient
    job: JobFacts
    event: EventFacts
    message_id: str
    at: datetime
    reply_to: str | None = None
    return_path: str
    note: NoteFacts | None = None

    @property
    def files_along(self) -> tuple[FileContent, ...]:
        """The files that go with the mail."""
        files = () if self.note is None else self.note.files
        sizes = accumulate(file.size_bytes for file in files)
        return tuple(file for file, size in zip(files, sizes, strict=True) if size <= MOST_BYTES_ALONG)


def compose(letter: Letter, sender: Sender, attached: Sequence[Attached] = ()) -> EmailMessage:
    """Make the mail.

    Args:
        letter: What it tells.
        sender: Where it comes from.
        attached: The contents of the files that go with it.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = _address(letter.job.organisation, sender.address)
    message["To"] = _address(letter.recipient.name, letter.recipient.email)
    if letter.reply_to is not None:
        message["Reply-To"] = Address(addr_spec=letter.reply_to)
    message["Subject"] = subject_of(letter)
    message["Date"] = format_datetime(letter.at)
    message["Message-ID"] = letter.message_id
    message["References"] = f"<job.{letter.job.uuid}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_text_of(letter, sender))
    message.add_alternative(_html_of(letter, sender), subtype="html")
    for file in attached:
        maintype, _, subtype = file.mime_type.partition("/")
        message.add_attachment(file.content, maintype=maintype, subtype=subtype, filename=clean(file.name))
    return message


def subject_of(letter: Letter) -> str:
    """Give the subject: one line, of a length that every mail program shows."""
    template = translate(SUBJECTS[letter.kind], letter.recipient.locale)
    job = letter.job
    subject = clean(template.format(reference=job.reference, title=job.title, status=job.status))
    return subject if len(subject) <= LONGEST_SUBJECT else subject[: LONGEST_SUBJECT - 1] + "…"


def clean(text: str) -> str:
    """Leave out what does not belong into a header: line breaks, control characters, marks that turn the writing.

    Nor may it hold encoded words: the standard library decodes them, and writes the line breaks that were in them.
    Source: RFC 2047, 2.
    """
    return _CONTROL.sub(" ", text).replace("=?", "= ?").strip()


def plain_of(html: str) -> str:
    """Give sanitised HTML as plain text: lines where it has them, addresses behind their links."""
    reader = _Plain()
    reader.feed(html)
    reader.close()
    lines = (_BLANKS.sub(" ", line).strip() for line in "".join(reader.parts).split("\n"))
    return _BREAKS.sub("\n\n", "\n".join(lines)).strip()


class _Plain(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._link: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "li":
            self.parts.append("- ")
        elif tag == "br":
            self.parts.append("\n")
        elif tag == "a":
            self._link = dict(attrs).get("href")

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._link:
            self.parts.append(f" <{self._link}>")
            self._link = None
        elif tag in _ENDS_LINE:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def can_be_mailed(email: str) -> bool:
    """Tell whether mail can go to an address: it is one, and stands for one alone.

    It is not tried out: of what is none the standard library's parser raises whatever goes wrong in it.
    """
    try:
        return is_address(email) and _MAILBOX.fullmatch(_in_ascii(email)) is not None
    except UnicodeError:
        return False


def _address(name: str, email: str) -> Address:
    return Address(display_name=clean(name), addr_spec=_in_ascii(email))


def _in_ascii(email: str) -> str:
    """Write the domain of an address as DNS has it."""
    local, _, domain = email.rpartition("@")
    return f"{local}@{domain.encode('idna').decode()}"


def _opening(letter: Letter) -> str:
    locale, event = letter.recipient.locale, letter.event
    template = BREACHED if event.action == SLA_BREACHED else OPENINGS[letter.kind]
    fields = dict.fromkeys(translate(FIELDS[name], locale) for name in event.changes if name in FIELDS)
    return translate(template, locale).format(
        author=event.author or letter.job.organisation,
        fields=", ".join(fields),
        status=letter.job.status,
        reason=event.changes.get("recall_reason", ("", ""))[1],
        due=_due(event),
    )


def _due(event: EventFacts) -> str:
    due = event.changes.get("resolution_due_at", (None, None))[1]
    return "" if due is None else datetime.fromisoformat(due).strftime("%Y-%m-%d %H:%M UTC")


def _rows(letter: Letter) -> Iterable[tuple[str, str]]:
    job, locale = letter.job, letter.recipient.locale
    starts = "" if job.starts_at is None else job.starts_at.strftime("%Y-%m-%d %H:%M %Z")
    rows = (
        ("Job", f"{job.reference}: {job.title}"),
        ("Address", job.address),
        ("Type", job.job_type),
        ("Priority", job.priority),
        ("Status", job.status),
        ("Start", f"{starts} ({job.time_range})" if starts and job.time_range else starts),
        ("End", "" if job.ends_on is None else job.ends_on.isoformat()),
    )
    return ((translate(label, locale), value) for label, value in rows if value)


def _description(letter: Letter) -> str:
    text = letter.job.description.strip()
    if letter.note is not None or not text:
        return ""
    return text if len(text) <= LONGEST_DESCRIPTION else text[:LONGEST_DESCRIPTION] + "…"


def _closing(letter: Letter, sender: Sender) -> list[str]:
    locale = letter.recipient.locale
    lines = []
    left_out = () if letter.note is None else letter.note.files[len(letter.files_along) :]
    if left_out:
        names = ", ".join(clean(file.file_name) for file in left_out)
        lines.append(translate("Files that are too large to send: {names}", locale).format(names=names))
    if letter.reply_to is not None:
        lines.append(translate("Answer this mail to reply: your answer is added to the job.", locale))
    if letter.recipient.kind == PERSON:
        lines.append(f"{sender.app_url}/app/jobs/{letter.job.uuid}")
    return lines


def _text_of(letter: Letter, sender: Sender) -> str:
    parts = [
        _opening(letter),
        "" if letter.note is None else plain_of(letter.note.html),
        "\n".join(f"{label}: {value}" for label, value in _rows(letter)),
        _description(letter),
        "\n".join(_closing(letter, sender)),
        f"-- \n{letter.job.organisation}",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _html_of(letter: Letter, sender: Sender) -> str:
    rows = "".join(
        f"<tr><th align=left>{escape(label)}</th><td>{escape(text)}</td></tr>" for label, text in _rows(letter)
    )
    parts = [
        f"<p>{_lines(_opening(letter))}</p>",
        "" if letter.note is None else f"<blockquote>{letter.note.html}</blockquote>",
        f'<table cellpadding="4">{rows}</table>',
        f"<p>{_lines(text)}</p>" if (text := _description(letter)) else "",
        *(f"<p>{_lines(line)}</p>" for line in _closing(letter, sender)),
        f"<p>{escape(letter.job.organisation)}</p>",
    ]
    return f"<!doctype html>\n<html><body>\n{chr(10).join(part for part in parts if part)}\n</body></html>\n"


def _lines(text: str) -> str:
    return "<br>".join(escape(line) for line in text.splitlines())
