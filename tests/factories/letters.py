"""A job's note with addresses for replies to it, and a mail client that sends exactly the bytes that it is given."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any
from uuid import UUID, uuid4

from msgspec import Struct

from firstfix.kit.sealing import KeyRing
from firstfix.kit.secrets import hash_secret, new_secret
from tests.factories.organisations import TestOrganisation

DOMAIN = "reply.example.net"


class Address(Struct, frozen=True, kw_only=True):
    """Where one recipient of a note replies to."""

    id: int
    token: str
    email: str

    @property
    def reply_to(self) -> str:
        return f"reply+{self.token}@{DOMAIN}"


class Thread(Struct, frozen=True, kw_only=True):
    """A note on a job of contractor1's, which tenant and contractor were told of."""

    organisation: TestOrganisation
    job_id: int
    job_uuid: UUID
    note_id: int
    contractor: Address
    tenant: Address

    def notes(self) -> list[Any]:
        """Read the notes that came by mail, oldest first."""
        return self.organisation.execute(
            "SELECT *, (SELECT array_agg(file_name ORDER BY files.id) FROM case_note_attachments a"
            " JOIN files ON files.id = a.file_id WHERE a.case_note_id = case_notes.id) AS files"
            " FROM case_notes WHERE job_id = :job AND source = 'email' ORDER BY id",
            job=self.job_id,
        )

    def quarantined(self) -> list[Any]:
        """Read what is in quarantine for the organisation, oldest first."""
        return self.organisation.execute(
            "SELECT * FROM quarantined_mails WHERE organisation_id = :id ORDER BY id", id=self.organisation.id
        )


def make_thread(organisation: TestOrganisation) -> Thread:
    """Write a note on a new job, past the rules, and make addresses for replies to it."""
    job_id, job_uuid = organisation.insert_job(contractor_id=organisation["contractor1"].id)
    organisation.execute(
        "INSERT INTO job_contacts (job_id, contact_id, position) VALUES (:job, :contact, 0)",
        job=job_id,
        contact=organisation.contact_id,
    )
    note_id, _ = organisation.insert(
        "case_notes", job_id=job_id, created_by_id=organisation["admin"].id, text_sealed="v1.k0.none", sends_mail=True
    )
    contractor, tenant = organisation["contractor1"], "tina@example.com"
    return Thread(
        organisation=organisation,
        job_id=job_id,
        job_uuid=job_uuid,
        note_id=note_id,
        contractor=make_address(organisation, job_id, note_id, contractor.email, person_id=contractor.id),
        tenant=make_address(organisation, job_id, note_id, tenant, contact_id=organisation.contact_id),
    )


def make_note(organisation: TestOrganisation, keys: KeyRing, job_id: int) -> int:
    """Write a note past the rules, sealed as it has to be; returns its id."""
    uuid = uuid4()
    sealed = keys.seal("When do you come?", record=uuid, field="case_notes.text")
    author = organisation["admin"].id
    note_id, _ = organisation.insert("case_notes", uuid=uuid, job_id=job_id, created_by_id=author, text_sealed=sealed)
    organisation.execute(
        "INSERT INTO events (source, entity, entity_id, entity_uuid, action)"
        " VALUES ('cli', 'case_note', :id, :uuid, 'created')",
        id=note_id,
        uuid=uuid,
    )
    return note_id


def make_address(
    organisation: TestOrganisation,
    job_id: int,
    note_id: int,
    email: str,
    *,
    keys: KeyRing | None = None,
    **values: object,
) -> Address:
    """Make an address for replies, live unless said otherwise; its token is sealed where there are keys."""
    token, uuid = new_secret(16), uuid4()
    sealed = "v1.k0.none" if keys is None else keys.seal(token, record=uuid, field="reply_addresses.token")
    row = {
        "uuid": uuid,
        "token_hash": hash_secret(token),
        "token_sealed": sealed,
        "job_id": job_id,
        "case_note_id": note_id,
        "email": email,
        "expires_at": datetime.now(UTC) + timedelta(days=30),
    } | values
    address_id, _ = organisation.insert("reply_addresses", **row)
    return Address(id=address_id, token=token, email=email)


def quarantine(
    organisation: TestOrganisation,
    keys: KeyRing,
    raw: bytes | EmailMessage,
    *,
    job_id: int | None = None,
    sender: str = "mallory@evil.example",
    reason: str = "sender",
) -> UUID:
    """Put a letter into quarantine as if it had come in."""
    uuid, content = uuid4(), bytes(raw)
    texts = {"sender": sender, "subject": "Re: Boiler", "raw": content.decode("latin-1")}
    sealed = {
        f"{name}_sealed": keys.seal(value, record=uuid, field=f"quarantined_mails.{name}")
        for name, value in texts.items()
    }
    organisation.insert("quarantined_mails", uuid=uuid, reason=reason, job_id=job_id, size_bytes=len(content), **sealed)
    return uuid


def letter(address: Address, text: str = "On my way.", **headers: str | None) -> EmailMessage:
    """Write an honest reply; headers replace its own, `None` leaves one out."""
    message = EmailMessage()
    own = {
        "From": address.email,
        "To": address.reply_to,
        "Subject": "Re: Boiler not firing",
        "Date": format_datetime(datetime.now(UTC)),
        "Message-ID": f"<{uuid4().hex}@phone.example.org>",
    }
    for name, value in (own | {name.replace("_", "-"): value for name, value in headers.items()}).items():
        if value is not None:
            message[name] = value
    message.set_content(text)
    return message


async def send(
    port: int, raw: bytes | EmailMessage, *recipients: str, sender: str = "somebody@example.org", lmtp: bool = False
) -> str:
    """Send a letter, and give the last answer: of the recipient where one is refused."""
    content = bytes(raw) if isinstance(raw, EmailMessage) else raw
    content = content if isinstance(raw, bytes) else content.replace(b"\n", b"\r\n")
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        answer = await _converse(reader, writer, content, recipients, sender, lmtp=lmtp)
        await _leave(reader, writer)
    except (ConnectionError, asyncio.IncompleteReadError):
        return "cut off"
    finally:
        writer.close()
    return answer


async def _converse(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    content: bytes,
    recipients: tuple[str, ...],
    sender: str,
    *,
    lmtp: bool,
) -> str:
    answer = await _answer(reader)
    for command in (
        "LHLO client" if lmtp else "EHLO client",
        f"MAIL FROM:<{sender}>",
        *(f"RCPT TO:<{recipient}>" for recipient in recipients),
        "DATA",
    ):
        if answer[0] in "45":
            return answer
        writer.write(command.encode() + b"\r\n")
        answer = await _answer(reader)
    if answer[0] in "45":
        return answer
    return await _hand_over(reader, writer, content, len(recipients) if lmtp else 1)


async def _leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    # Whoever only closes still counts at the server for a moment, and the next to come may be one too many.
    writer.write(b"QUIT\r\n")
    with suppress(ConnectionError):
        await reader.read()


async def _hand_over(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, content: bytes, answers: int) -> str:
    ended = content if content.endswith(b"\r\n") else content + b"\r\n"
    writer.write(ended.replace(b"\r\n.", b"\r\n..") + b".\r\n")
    answer = ""
    for _ in range(answers):
        answer = await _answer(reader)
    return answer


async def _answer(reader: asyncio.StreamReader) -> str:
    while True:
        line = (await reader.readuntil(b"\r\n")).decode()
        if line[3:4] != "-":
            return line.strip()
