"""`/` and `/auth/whoami`."""

from importlib.metadata import version
from typing import Literal

from msgspec import Struct

from firstfix.api.exchange import Answer, Exchange
from firstfix.api.field.operations import operation
from firstfix.api.operations import PUBLIC, SIGNED_IN
from firstfix.domain.people.queries import get_actors_account
from firstfix.domain.work import Work


class ServiceDocument(Struct):
    api: Literal["1.0"]
    version: str
    service: Literal["firstfix"]


class Whoami(Struct):
    user_url: str
    uuid: str
    roles: list[Literal["admin", "employee"]]
    email: str


@operation("GET", "/", key=PUBLIC, operation_id="getService")
async def get_service(exchange: Exchange) -> ServiceDocument | Answer:
    """Tell programs what this is, and send browsers to the web app."""
    if "text/html" in exchange.headers.get("accept", ""):
        return Answer(status=302, headers={"Location": "/app/"})
    return ServiceDocument(api="1.0", version=version("firstfix"), service="firstfix")


@operation("GET", "/auth/whoami", key=SIGNED_IN, operation_id="whoami")
async def whoami(work: Work, exchange: Exchange) -> Whoami:
    """Tell whose key this is."""
    account = await get_actors_account(work)
    return Whoami(
        user_url=f"{exchange.base_url}/user/{account.uuid.hex}",
        uuid=account.uuid.hex,
        roles=["admin" if account.is_administrator else "employee"],
        email=account.email,
    )
