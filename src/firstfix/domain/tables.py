"""Every table, imported once, so that the metadata is whole wherever it is asked for."""

from firstfix.domain.access import models as access
from firstfix.domain.approvals import gate_models as gates
from firstfix.domain.approvals import models as approvals
from firstfix.domain.billing import models as billing
from firstfix.domain.catalogue import models as catalogue
from firstfix.domain.custom_fields import models as custom_fields
from firstfix.domain.files import models as files
from firstfix.domain.founding import models as founding
from firstfix.domain.history import models as history
from firstfix.domain.jobs import models as jobs
from firstfix.domain.messaging import inbound_models as mail_in
from firstfix.domain.messaging import models as messaging
from firstfix.domain.notes import models as notes
from firstfix.domain.organisations import models as organisations
from firstfix.domain.people import models as people
from firstfix.domain.pins import models as pins
from firstfix.domain.places import models as places
from firstfix.domain.recalls import models as recalls
from firstfix.domain.remedials import models as remedials
from firstfix.domain.sealing import models as sealing
from firstfix.domain.sla import models as sla
from firstfix.kit.tables import Base

__all__ = [
    "Base",
    "access",
    "approvals",
    "billing",
    "catalogue",
    "custom_fields",
    "files",
    "founding",
    "gates",
    "history",
    "jobs",
    "mail_in",
    "messaging",
    "notes",
    "organisations",
    "people",
    "pins",
    "places",
    "recalls",
    "remedials",
    "sealing",
    "sla",
]
