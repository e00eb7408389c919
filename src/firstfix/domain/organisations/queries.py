"""Reading the organisation's own settings."""

from sqlalchemy import select

from firstfix.domain.organisations.models import Organisation
from firstfix.domain.work import Work
from firstfix.kit.statements import send


async def is_enterprise(work: Work) -> bool:
    """Tell whether the organisation works with groups."""
    ((switch,),) = await send(work.session, "SELECT is_enterprise FROM organisations", {})
    return bool(switch)


async def is_true_crew(work: Work) -> bool:
    """Tell whether tasks are assigned to members of a crew."""
    switch: bool = (await work.session.execute(select(Organisation.is_true_crew))).scalar_one()
    return switch
