"""Who can administrate: somebody always can."""

from collections.abc import Mapping

from sqlalchemy import ARRAY, Text, and_, cast, not_, select

from firstfix.domain.people.errors import LastAdministrator, OnlyAdministrators
from firstfix.domain.people.models import Person, Role
from firstfix.domain.people.permissions import ADMINISTRATING_KEYS
from firstfix.domain.work import Work


async def lock_administrators(work: Work) -> dict[int, bool]:
    """Lock the administrators, in one order, so that two of them cannot end each other at once.

    Returns:
        For each, by id, whether they hold the keys that administrating takes: single ones may have been denied.
    """
    needed = cast(list(ADMINISTRATING_KEYS), ARRAY(Text))
    held = Role.permission_keys.op("||")(Person.granted_keys)
    can = and_(held.bool_op("@>")(needed), not_(Person.denied_keys.bool_op("&&")(needed)))
    administrators = (
        select(Person.id, can)
        .join(Role, Role.id == Person.role_id)
        .where(Role.is_administrator, Person.archived_at.is_(None))
        .order_by(Person.id)
        .with_for_update(of=Person, key_share=True)
    )
    return {id_: bool(is_able) for id_, is_able in await work.session.execute(administrators)}


def keep_one(administrators: Mapping[int, bool], person_id: int) -> None:
    """Refuse to lose somebody who can administrate where nobody else can.

    Raises:
        LastAdministrator: They are the last one.
    """
    if administrators.get(person_id) and sum(administrators.values()) == 1:
        raise LastAdministrator


def require_administrator(work: Work) -> None:
    """Refuse whoever is no administrator, whatever keys they hold.

    Raises:
        OnlyAdministrators: The actor is none.
    """
    if work.actor.person_id is not None and not work.actor.is_administrator:
        raise OnlyAdministrators
