"""Hostile mail through the real listener: each letter has the fate it deserves, and none does anything else."""

import asyncio
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from firstfix.domain.messaging.inbound_letters import message_hash_of
from firstfix.domain.notes.queries import open_text
from firstfix.kit.secrets import hash_secret
from tests.conftest import MakeOrganisation
from tests.factories.hostile_mails import QUOTED, HostileMail, World, hostile_mails
from tests.factories.letters import Thread, make_address, make_thread, send
from tests.mail.conftest import Post

AT_ONCE = 4
"""So many letters are sent at the same time."""
_ANSWERS = {"refused": "45", "note": "2", "quarantined": "2", "ignored": "2"}


class Posted:
    """What became of all of them."""

    def __init__(self, mails: list[HostileMail], answers: list[str], threads: list[Thread], world: World) -> None:
        self.mails = mails
        self.answers = answers
        self.threads = threads
        organisation = threads[0].organisation
        rows = organisation.execute("SELECT recipient_hash, message_hash, outcome FROM inbound_mails")
        self.outcomes = Counter((bytes(row[0]), bytes(row[1]), row[2]) for row in rows)
        self.notes = [note for thread in threads for note in thread.notes()]
        self.world = world


@pytest.fixture(scope="module")
async def posted(post: Post, make_organisation: MakeOrganisation) -> Posted:
    organisation, foreign = make_organisation(), make_organisation()
    threads = [make_thread(organisation) for _ in range(4)]
    world = World(
        live=tuple(address for thread in threads for address in (thread.contractor, thread.tenant)),
        foreign=make_thread(foreign).contractor,
        others=_addresses_that_let_nobody_in(threads[0]),
    )
    mails = hostile_mails(world)
    turn = asyncio.Semaphore(AT_ONCE)

    async def post_one(mail: HostileMail) -> str:
        async with turn:
            return await send(post.port, mail.raw, mail.recipient, sender=mail.sender)

    answers = await asyncio.gather(*map(post_one, mails))
    return Posted(mails, answers, threads, world)


def _addresses_that_let_nobody_in(thread: Thread) -> dict[str, Any]:
    organisation, ago = thread.organisation, datetime.now(UTC) - timedelta(days=1)
    somebody = organisation["contractor1"]
    archived = organisation["contractor2"]
    organisation.execute("UPDATE people SET archived_at = now() WHERE id = :id", id=archived.id)
    gone, _ = organisation.insert("contacts", customer_id=organisation.customer_id, first_name="G", last_name="One")
    made = {}
    cases: dict[str, tuple[dict[str, Any], str]] = {
        "expired": ({"person_id": somebody.id, "expires_at": ago}, somebody.email),
        "ended": ({"person_id": organisation["agent1"].id, "ended_at": ago}, organisation["agent1"].email),
        "of somebody archived": ({"person_id": archived.id}, archived.email),
        "of an agent of another branch": ({"person_id": organisation["agent2"].id}, organisation["agent2"].email),
        "of a contact who is on no job": ({"contact_id": gone}, "gone@example.com"),
    }
    for why, (values, email) in cases.items():
        job_id, _ = organisation.insert_job(contractor_id=somebody.id)
        made[why] = _address_on(thread, job_id, email, values)
    closed, _ = organisation.insert_job(contractor_id=somebody.id, status_id=organisation.ids["statuses"]["Invoiced"])
    made["on a closed job"] = _address_on(thread, closed, somebody.email, {"person_id": somebody.id})
    moved, _ = organisation.insert_job()
    made["of a contractor who has the job no more"] = _address_on(
        thread, moved, somebody.email, {"person_id": somebody.id}
    )
    return made


def _address_on(thread: Thread, job_id: int, email: str, values: dict[str, Any]) -> Any:  # noqa: ANN401
    note_id, _ = thread.organisation.insert("case_notes", job_id=job_id, text_sealed="v1.k0.none")
    return make_address(thread.organisation, job_id, note_id, email, **values)


async def test_there_are_two_hundred(posted: Posted) -> None:
    assert len({mail.name for mail in posted.mails}) == len(posted.mails) >= 200


async def test_each_has_its_fate(posted: Posted) -> None:
    wrong = []
    for mail, answer in zip(posted.mails, posted.answers, strict=True):
        key = (hash_secret(mail.recipient.lower()), message_hash_of(mail.raw))
        found = [
            outcome for outcome in ("note", "quarantined", "ignored", "bounced") if posted.outcomes[(*key, outcome)]
        ]
        wanted = [] if mail.fate == "refused" else [mail.fate]
        if found != wanted or (answer[0] not in _ANSWERS[mail.fate] and answer != "cut off"):
            wrong.append((mail.name, mail.fate, found, answer))

    assert wrong == [], "\n".join(map(str, wrong))


async def test_only_those_made_notes_that_may_and_each_made_one(posted: Posted) -> None:
    wanted = sum(mail.fate == "note" for mail in posted.mails)

    assert len(posted.notes) == wanted


async def test_notes_hold_what_was_written_and_nothing_active(post: Post, posted: Posted) -> None:
    texts = [
        open_text(post.database.keys, uuid=note.uuid, sealed=note.text_sealed, policy=note.text_policy)
        for note in posted.notes
    ]

    assert [text for text in texts if re.search(r"<(?!br>)|\0|[\ud800-\udfff]", text)] == []
    assert [text for text in texts if QUOTED in text] == []
    said = Counter(mail.says for mail in posted.mails if mail.fate == "note" and mail.says)
    assert {says: sum(says in text for text in texts) >= count for says, count in said.items()} == dict.fromkeys(
        said, True
    )
    kept = {name for note in posted.notes for name in note.files or ()}
    assert kept == {"photo.jpg"}


async def test_none_is_counted_as_begun_any_more(posted: Posted) -> None:
    assert posted.threads[0].organisation.execute("SELECT attempts FROM mail_attempts") == []
