"""One request's way, from HTTP to the row and back."""

from sqlalchemy import text

from firstfix.domain.work import Work
from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer


async def test_a_key_tells_whose_it_is(server: TestServer, organisation: TestOrganisation) -> None:
    async with server.field(organisation["engineer1"].api_key) as client:
        reply = await client.get("/auth/whoami")

    assert reply.json() == {
        "user_url": f"{server.base_url}/user/{organisation['engineer1'].uuid.hex}",
        "uuid": organisation["engineer1"].uuid.hex,
        "roles": ["employee"],
        "email": organisation["engineer1"].email,
    }


async def test_a_work_sees_its_own_organisation_only(work: Work, organisation: TestOrganisation) -> None:
    names = (await work.session.scalars(text("SELECT name FROM organisations"))).all()

    assert len(names) == 1
    assert organisation.name not in names
