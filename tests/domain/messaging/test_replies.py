"""Addresses for replies are found by their token alone, while they live."""

import pytest

from firstfix.adapters.database import Database
from firstfix.domain.messaging.replies import find_reply_address
from firstfix.kit.secrets import hash_secret, new_secret
from tests.factories.organisations import TestOrganisation


def make_address(organisation: TestOrganisation, job_id: int, **values: object) -> str:
    """Make the address that the contractor replies to a note by, and return its token."""
    token = new_secret(16)
    note_id, _ = organisation.insert("case_notes", job_id=job_id, text_sealed="v1.k1.x")
    organisation.execute(
        "INSERT INTO reply_addresses (token_hash, token_sealed, job_id, case_note_id, person_id, email, expires_at,"
        " ended_at) VALUES (:hash, 'v1.k1.x', :job, :note, :person, 'c@example.com',"
        " now() + make_interval(days => :days), CASE WHEN :ended THEN now() END)",
        hash=hash_secret(token),
        job=job_id,
        note=note_id,
        person=organisation["contractor1"].id,
        days=values.get("days", 30),
        ended=values.get("ended", False),
    )
    return token


async def test_an_address_is_found_by_its_token(database: Database, organisation: TestOrganisation) -> None:
    job_id, _ = organisation.insert_job()
    token = make_address(organisation, job_id)

    async with database.session() as session:
        found = await find_reply_address(session, token)
        none = await find_reply_address(session, new_secret(16))

    assert none is None
    assert found is not None
    assert (found.organisation_id, found.job_id, found.email) == (organisation.id, job_id, "c@example.com")
    assert (found.person_id, found.contact_id) == (organisation["contractor1"].id, None)


@pytest.mark.parametrize(
    ("status", "values"),
    [("Assigned", {"days": -1}), ("Assigned", {"ended": True}), ("Invoiced", {}), ("Archived", {}), ("Cancelled", {})],
)
async def test_one_that_is_over_is_not_found(
    database: Database, organisation: TestOrganisation, status: str, values: dict[str, object]
) -> None:
    job_id, _ = organisation.insert_job(status_id=organisation.ids["statuses"][status])
    token = make_address(organisation, job_id, **values)

    async with database.session() as session:
        assert await find_reply_address(session, token) is None
