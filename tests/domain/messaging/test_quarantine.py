"""Letters in quarantine, as somebody looks at them."""

from threading import get_ident

import pytest

from firstfix.adapters.database import Database
from firstfix.domain.messaging import quarantine
from firstfix.domain.messaging.inbound_letters import Letter, read_letter
from tests.factories import letters
from tests.factories.organisations import TestOrganisation
from tests.factories.races import Run


async def test_whoever_reads_one_keeps_nobody_else_waiting(
    database: Database, organisation: TestOrganisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    uuid = letters.quarantine(organisation, database.keys, b"From: a@example.com\n\nPay me.\n")
    threads = []

    def read(raw: bytes) -> Letter:
        threads.append(get_ident())
        return read_letter(raw)

    monkeypatch.setattr(quarantine, "read_letter", read)

    opened = await Run(database, organisation)(quarantine.open_letter, uuid)

    assert opened.text == "Pay me."
    assert threads
    assert get_ident() not in threads
