"""Mail that goes out: what was sent to whom, and who gets which."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from firstfix.api.exchange import RawJson
from firstfix.api.hot_reads import HotReads
from firstfix.api.operations import SIGNED_IN
from firstfix.api.services import Services
from firstfix.api.shown import full_name, instant
from firstfix.api.web.job_rows import Instant
from firstfix.api.web.operations import operation
from firstfix.api.web.settings_wire import uuid_in
from firstfix.domain.messaging import commands
from firstfix.domain.messaging.telling import MailKind
from firstfix.domain.messaging.wording import LABELS
from firstfix.domain.people.permissions import MANAGE_SETTINGS, MANAGE_TENANTS
from firstfix.domain.work import AccountType, Work

MailState = Literal["waiting", "sending", "retry", "sent", "dead", "withheld"]
Kinds = Annotated[list[MailKind], Meta(max_length=50)]


class MailKindState(Struct, kw_only=True):
    """A kind of mail, and whether it is sent."""

    kind: MailKind
    label: str
    is_on: bool


class MailSettings(Struct, kw_only=True):
    """Whether mail goes out, how much waits or failed, and which kinds the organisation sends.

    Without a mail server (`is_configured`) mail waits. `dead` are those that were given up in the last 30 days.
    """

    is_configured: bool
    mail_from: str | None
    reply_domain: str | None
    waiting: int
    oldest_waiting_at: Instant | None
    dead: int
    kinds: list[MailKindState]


class MailKinds(Struct, forbid_unknown_fields=True, kw_only=True):
    """The kinds that are switched off; all others are on."""

    off: Kinds


class MailPreferences(Struct, kw_only=True):
    """What the caller is told of by mail. A kind that the organisation does not send comes to nobody."""

    kinds: list[MailKindState]


class ContactMail(Struct, forbid_unknown_fields=True, kw_only=True):
    """Whether a tenant is told by mail."""

    takes_mail: bool


class MailQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which mails: all filters must hold."""

    state: MailState | None = None
    kind: MailKind | None = None
    job: UUID | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    offset: Annotated[int, Meta(ge=0, le=1_000_000)] = 0


class LoggedMail(Struct, kw_only=True):
    """A mail to one recipient. `answer` is what the mail server said last; `reason` why it was withheld or given up.

    `recipient` and `job_reference` are as they are now, null where they are gone; `email` is where it went last.
    """

    uuid: UUID
    kind: MailKind
    state: MailState
    reason: str | None
    answer: str | None
    attempts: int
    recipient: str | None
    is_contact: bool
    email: str | None
    job_uuid: UUID | None
    job_reference: str | None
    message_id: str
    created_at: Instant
    next_at: Instant | None
    sent_at: Instant | None


class MailLog(Struct, kw_only=True):
    """A page of mails, newest first; `total` is how many match."""

    total: int
    mails: list[LoggedMail]


@operation("GET", "/web/settings/mail", key=MANAGE_SETTINGS, operation_id="getMailSettings")
async def get_mail_settings(reads: HotReads, services: Services) -> MailSettings:
    """Show whether mail goes out, and which kinds do."""
    waiting, oldest, dead, off = await reads.row(mail_state, {})
    return MailSettings(
        is_configured=services.mail.is_configured,
        mail_from=services.mail.mail_from,
        reply_domain=services.mail.reply_domain,
        waiting=waiting,
        oldest_waiting_at=oldest,
        dead=dead,
        kinds=_kinds(off),
    )


@operation("PUT", "/web/settings/mail", key=MANAGE_SETTINGS, operation_id="setMailKinds", status=204)
async def set_mail_kinds(work: Work, data: MailKinds) -> None:
    """Set which kinds of mail the organisation sends."""
    await commands.switch_kinds(work, data.off)


@operation("GET", "/web/settings/mail/log", key=MANAGE_SETTINGS, operation_id="listMails", reply=MailLog)
async def list_mails(reads: HotReads, query: MailQuery) -> RawJson:
    """List what was sent to whom, newest first."""
    filters = {"state": query.state, "kind": query.kind and query.kind.value, "job": query.job}
    given = {name: value for name, value in filters.items() if value is not None}
    (body,) = await reads.row(FindMails(tuple(given)), {"limit": query.limit, "offset": query.offset, **given})
    return RawJson(body.encode())


@operation(
    "POST",
    "/web/settings/mail/log/{uuid:str}/send-again",
    key=MANAGE_SETTINGS,
    operation_id="sendMailAgain",
    status=204,
)
async def send_mail_again(work: Work, uuid: str) -> None:
    """Send a mail again that was sent, withheld or given up."""
    await commands.send_again(work, uuid_in(uuid, "Mail"))


@operation("GET", "/web/mail-preferences", key=SIGNED_IN, operation_id="getMailPreferences")
async def get_mail_preferences(reads: HotReads) -> MailPreferences:
    """Show what the caller is told of by mail."""
    (off,) = await reads.row(own_kinds_off, {})
    return MailPreferences(kinds=_kinds(off))


@operation("PUT", "/web/mail-preferences", key=SIGNED_IN, operation_id="setMailPreferences", status=204)
async def set_mail_preferences(work: Work, data: MailKinds) -> None:
    """Set what the caller is told of by mail."""
    await commands.switch_own_kinds(work, data.off)


@operation("PUT", "/web/contacts/{uuid:str}/mail", key=MANAGE_TENANTS, operation_id="setContactMail", status=204)
async def set_contact_mail(work: Work, uuid: str, data: ContactMail) -> None:
    """Set whether a tenant is told by mail."""
    await commands.switch_contact(work, uuid_in(uuid, "Contact"), takes_mail=data.takes_mail)


def mail_state(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (about no job)
    """Write the statement that counts what waits and what was given up."""
    unsent = "FROM outbox WHERE organisation_id = me.organisation_id AND state"
    waits = f"{unsent} IN ('waiting', 'sending', 'retry')"
    return f"""
SELECT (SELECT count(*) {waits}), (SELECT {instant("min(created_at)")} {waits}),
    (SELECT count(*) {unsent} = 'dead' AND created_at > now() - interval '30 days'),
    (SELECT mails_off FROM organisations)"""  # noqa: S608 (pieces of ours)


def own_kinds_off(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (as above)
    """Write the statement that reads which kinds the caller does not want."""
    return "SELECT mails_off FROM people WHERE organisation_id = me.organisation_id AND id = me.person_id"


class FindMails(Struct, frozen=True):
    """Writes the statement of a page. `given`: the names of its filters."""

    given: tuple[str, ...]

    def __call__(self, _visible: str, _account_type: AccountType) -> str:
        """Write it."""
        return _PAGE.format(where="".join(f" AND {_FILTERS[name]}" for name in self.given))


_FILTERS = {
    "state": "outbox.state = %(state)s",
    "kind": "outbox.kind = %(kind)s",
    "job": "outbox.job_id = (SELECT jobs.id FROM jobs WHERE jobs.uuid = %(job)s)",
}
_MATCHING = "FROM outbox WHERE outbox.organisation_id = me.organisation_id{where}"
_PAGE = f"""
SELECT json_build_object('total', (SELECT count(*) {_MATCHING}), 'mails', (
    SELECT coalesce(json_agg(mail), '[]') FROM (
        SELECT page.uuid, page.kind, page.state, page.reason, page.answer, page.attempts,
            CASE page.recipient_kind WHEN 1 THEN {full_name("people")} ELSE {full_name("contacts")} END AS recipient,
            page.recipient_kind = 2 AS is_contact, page.email, jobs.uuid AS job_uuid, jobs.reference AS job_reference,
            page.message_id, {instant("page.created_at")} AS created_at, {instant("page.next_at")} AS next_at,
            {instant("page.sent_at")} AS sent_at
        FROM (
            SELECT outbox.* {_MATCHING}
            ORDER BY outbox.created_at DESC, outbox.uuid DESC LIMIT %(limit)s::integer OFFSET %(offset)s::integer
        ) AS page
        LEFT JOIN jobs ON jobs.organisation_id = page.organisation_id AND jobs.id = page.job_id
        LEFT JOIN people ON page.recipient_kind = 1 AND people.organisation_id = page.organisation_id
            AND people.id = page.recipient_id
        LEFT JOIN contacts ON page.recipient_kind = 2 AND contacts.organisation_id = page.organisation_id
            AND contacts.id = page.recipient_id
        ORDER BY page.created_at DESC, page.uuid DESC
    ) AS mail
))::text"""  # noqa: S608 (pieces of ours; values are parameters)


def _kinds(off: list[str]) -> list[MailKindState]:
    return [MailKindState(kind=kind, label=label, is_on=kind not in off) for kind, label in LABELS.items()]
