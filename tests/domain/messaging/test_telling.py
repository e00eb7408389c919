"""Which events tell whom: of what is worth it, each party once, as what concerns it most."""

from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstfix.domain.messaging.letters import clean, plain_of
from firstfix.domain.messaging.telling import TELLING_FIELDS, MailKind, Told, is_move, tell
from firstfix.domain.messaging.wording import CATALOGS, FIELDS, LABELS, OPENINGS, SUBJECTS, translate
from firstfix.domain.work import Event


def event(action: str, entity: str = "job", **changes: tuple[Any, Any]) -> Event:
    return Event(entity=entity, action=action, entity_id=1, entity_uuid=uuid4(), changes=changes)


@pytest.mark.parametrize(
    "told",
    [
        event("deleted"),
        event("updated", client_budget=(None, "5.00")),
        event("updated", invoice=(None, "7")),
        event("updated", case_notes=([], [{}])),
        event("dispatched", "deferred_job"),
        event("created", "location"),
        event("created", "case_note", text=(None, "v1.k1.x")),
        event("created", "case_note", sends_mail=(None, False)),
        event("updated", "case_note", sends_mail=(None, True)),
        event("updated", completed_at=("2024-06-01T14:00:00Z", None)),
    ],
)
def test_what_concerns_nobody_is_not_told(told: Event) -> None:
    assert tell(told) == ()


def test_of_a_new_job_those_hear_whom_it_names() -> None:
    named: dict[str, Any] = {
        "contractor_id": (None, 1),
        "lead_id": (None, 2),
        "agent_id": (None, 3),
        "contact_ids": (None, [4]),
    }
    created = event("created", status_id=(None, 1), **named)

    assert [told.party for told in tell(created)] == ["contractor", "lead", "agent", "tenant", "office"]
    assert [told.party for told in tell(created, by_staff=True)] == ["contractor", "lead", "agent", "tenant"]
    assert [told.party for told in tell(event("created", status_id=(None, 1)))] == ["office"]
    assert tell(event("created", status_id=(None, 1)), by_staff=True) == ()
    assert tell(event("created", notification_delta=(None, 1), **named)) == ()


@pytest.mark.parametrize(("parties", "expected"), [(None, ["contractor", "agent", "tenant"]), (["agent"], ["agent"])])
def test_a_note_is_told_to_those_who_were_chosen(parties: list[str] | None, expected: list[str]) -> None:
    told = tell(event("created", "case_note", sends_mail=(None, True), parties=(None, parties)))

    assert told == tuple(Told(MailKind.CASE_NOTE, party) for party in expected)  # type: ignore[arg-type]


def test_a_tenant_hears_of_changes_of_the_appointment_alone() -> None:
    assert "tenant" not in {told.party for told in tell(event("updated", title=("a", "b")))}
    assert "tenant" in {told.party for told in tell(event("updated", scheduled_at=(None, "2024-06-01T14:00:00Z")))}


def test_deadlines_and_reminders_are_told_to_who_can_do_something() -> None:
    for action, kind in (
        ("sla_warned", MailKind.SLA_WARNING),
        ("sla_breached", MailKind.SLA_WARNING),
        ("status_reminded", MailKind.STATUS_REMINDER),
    ):
        assert {told.kind for told in tell(event(action))} == {kind}
        assert [told.party for told in tell(event(action))] == ["contractor", "lead", "agent", "office"]


def test_a_reminder_is_no_move_that_another_follows() -> None:
    assert is_move(event("created", status_id=(None, 1)))
    assert is_move(event("updated", status_id=(1, 2)))
    assert is_move(event("dispatched", reference=("FD-1", "FX-1")))
    assert not is_move(event("dispatched", "deferred_job"))
    assert not is_move(event("status_reminded", reminder_hours=(None, 5)))


def test_every_kind_and_every_field_has_its_words() -> None:
    assert LABELS.keys() == SUBJECTS.keys() == OPENINGS.keys() == set(MailKind)
    assert FIELDS.keys() == TELLING_FIELDS


def test_what_is_not_translated_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CATALOGS, "de", {"Status": "Stand"})

    assert [translate("Status", locale) for locale in ("de_DE", "de", "fr_FR", "")] == [
        "Stand",
        "Stand",
        *["Status"] * 2,
    ]


@given(st.text())
def test_no_header_has_lines_or_marks(text: str) -> None:
    cleaned = clean(text)

    assert all(character.isprintable() or ord(character) > 0x9F for character in cleaned)
    assert "\n" not in cleaned
    assert "\r" not in cleaned


@pytest.mark.parametrize("text", ["=?utf-8?q?x=0D=0ABcc:_all@example.com?=", "=?utf-16?b?2AA=?=", "a=\0?utf-8?q?=0A?="])
def test_what_looks_encoded_is_a_header_as_it_stands(text: str) -> None:
    message = EmailMessage(policy=SMTP)
    message["To"] = Address(clean(text), "tina", "example.com")
    message["Subject"] = clean(text)
    message.set_content(b"x", "image", "png", filename=clean(text))

    read = message_from_bytes(bytes(message), policy=SMTP)

    assert read["Subject"] == read.get_filename() == clean(text)
    assert [address.display_name for address in read["To"].addresses] == [clean(text)]
    assert read["Bcc"] is None


@pytest.mark.parametrize(
    ("html", "plain"),
    [
        ("<p>One</p><p>two<br>three</p>", "One\ntwo\nthree"),
        ("<ul><li>a</li><li>b &amp; c</li></ul>", "- a\n- b & c"),
        ('<a href="https://example.com">here</a>', "here <https://example.com>"),
        ("a &lt;b&gt;", "a <b>"),
    ],
)
def test_html_reads_as_text(html: str, plain: str) -> None:
    assert plain_of(html) == plain
