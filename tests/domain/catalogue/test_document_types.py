"""Types of documents, and the permission keys that come and go with them."""

from string import ascii_letters

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from firstfix.domain.catalogue.document_types import (
    LONGEST_KEY,
    add_document_type,
    change_document_type,
    key_of,
    remove_document_type,
)
from firstfix.domain.catalogue.models import DocumentType
from firstfix.domain.errors import EntityInUse, ValueRefused, ValueTaken
from firstfix.domain.people.document_keys import list_permission_keys
from firstfix.domain.people.models import Role
from firstfix.domain.people.roles import add_role
from firstfix.domain.work import Work
from tests.factories.organisations import TestOrganisation

KEYS = ["document.gas_record.upload", "document.gas_record.read", "document.gas_record.delete"]


async def keys_of(work: Work, role: str) -> list[str]:
    held = (await work.session.scalars(select(Role.permission_keys).where(Role.name == role))).one()
    return [key for key in held if key in KEYS]


async def test_a_new_type_is_for_who_works_with_documents(work: Work) -> None:
    await add_document_type(work, {"name": "Gas record"})

    assert [await keys_of(work, role) for role in ("Administrator", "Contractor", "Tenant")] == [KEYS, KEYS, []]
    assert set(KEYS) <= set(await list_permission_keys(work))
    assert {(event.entity, event.action) for event in work.events} == {
        ("document_type", "created"),
        ("role", "updated"),
    }


async def test_a_renamed_type_keeps_its_keys(work: Work) -> None:
    uuid = await add_document_type(work, {"name": "Gas record"})

    await change_document_type(work, uuid, {"name": "Boiler log"})

    assert await keys_of(work, "Manager") == KEYS


async def test_a_removed_type_takes_its_keys_from_roles_and_people(work: Work, home: TestOrganisation) -> None:
    uuid = await add_document_type(work, {"name": "Gas record"})
    connection = await work.session.connection()
    await connection.exec_driver_sql(
        "UPDATE people SET granted_keys = ARRAY['api.jobs.manage.reopen', 'document.gas_record.read'],"
        " denied_keys = ARRAY['document.gas_record.delete'] WHERE id = %s",
        (home["contractor1"].id,),
    )

    await remove_document_type(work, uuid)

    assert [await keys_of(work, role) for role in ("Administrator", "Contractor")] == [[], []]
    row = (
        await connection.exec_driver_sql(
            "SELECT granted_keys, denied_keys FROM people WHERE id = %s", (home["contractor1"].id,)
        )
    ).one()
    assert (row.granted_keys, row.denied_keys) == (["api.jobs.manage.reopen"], [])


async def test_a_role_takes_the_keys_of_types_that_there_are(work: Work) -> None:
    work.actor = msgspec.structs.replace(work.actor, keys=work.actor.keys | set(KEYS))
    with pytest.raises(ValueRefused, match=r"There is no permission document\.gas_record"):
        await add_role(work, {"name": "Clerk", "permission_keys": KEYS})
    await add_document_type(work, {"name": "Gas record"})

    await add_role(work, {"name": "Clerk", "permission_keys": KEYS})

    assert await keys_of(work, "Clerk") == KEYS


async def test_a_type_that_documents_have_stays(work: Work, home: TestOrganisation) -> None:
    other = (await work.session.scalars(select(DocumentType).where(DocumentType.key == "other"))).one()
    job_id, _ = home.insert_job()
    connection = await work.session.connection()
    await connection.exec_driver_sql(
        "WITH file AS (INSERT INTO files (storage_key, purpose, file_name, mime_type, size_bytes, sha256, archived_at)"
        " VALUES (gen_random_uuid(), 'document', 'a.pdf', 'application/pdf', 0, '', now()) RETURNING id)"
        " INSERT INTO job_documents (file_id, job_id, document_type_id) SELECT id, %s, %s FROM file",
        (job_id, other.id),
    )

    with pytest.raises(EntityInUse):
        await remove_document_type(work, other.uuid)


async def test_two_types_have_neither_one_name_nor_one_key(work: Work) -> None:
    await add_document_type(work, {"name": "Gas record"})
    with pytest.raises(ValueTaken):
        async with work.session.begin_nested():
            await add_document_type(work, {"name": "Gas record"})

    await add_document_type(work, {"name": "Gas-record"})

    assert "document.gas_record_2.read" in await list_permission_keys(work)


@given(name=st.text(), taken=st.sets(st.text("abc_2", max_size=4)))
def test_a_key_is_plain_short_and_new(name: str, taken: set[str]) -> None:
    key = key_of(name, taken)

    assert key not in taken
    assert 1 <= len(key) <= LONGEST_KEY
    assert set(key) <= set(ascii_letters.lower() + "0123456789_")


def test_a_long_name_leaves_room_for_a_number() -> None:
    long = key_of("x" * 100, ())

    assert (len(long), key_of("x" * 100, {long})) == (LONGEST_KEY, "x" * 38 + "_2")
