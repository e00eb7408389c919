"""What permission keys mean, for people, in the groups that a matrix shows."""

from collections.abc import Mapping
from typing import Final

from firstfix.domain.people.permissions import DOCUMENT_ACTS, document_key

KEY_GROUPS: Final[dict[str, dict[str, str]]] = {
    "Jobs": {
        "api.jobs.manage.list": "See jobs",
        "api.jobs.manage.manage": "Make and change jobs",
        "api.jobs.manage.progress": "Move jobs through the stages of the work",
        "api.jobs.manage.delete_closed": "Delete closed and archived jobs",
        "api.jobs.manage.reopen": "Move jobs back to an earlier stage",
        "api.jobs.manage.change_branch": "Hand jobs to another branch",
        "api.jobs.toggle_pin.manage": "Pin jobs",
    },
    "Notes, photos and documents": {
        "api.jobs.case_notes.manage": "Read and write case notes",
        "api.jobs.photos.view": "See photos",
        "api.jobs.photos.manage": "Add and remove photos",
        "api.jobs.documents.manage": "Read, add and remove documents",
    },
    "Recalls, follow-ups and approval": {
        "api.jobs.recall.manage": "Recall jobs",
        "api.jobs.mark_recall_completed.manage": "Complete recalls",
        "api.jobs.remedials.manage": "Link jobs to those that follow them up",
        "api.jobs.amendable_fields.manage": "See which fields can be amended",
        "api.jobs.amend_request.manage": "Ask for amendments",
        "api.jobs.amend_request.decide": "Decide amendments and approvals",
    },
    "People": {
        "api.agents.list.manage": "List agents",
        "api.contractors.list.manage": "List contractors",
        "api.tenants.manage.manage": "List and change tenants",
    },
    "Places and price book": {
        "api.places.view": "See customers, locations, contacts and assets",
        "api.places.manage": "Change customers, locations, contacts and assets",
        "api.catalogue.view": "See the price book",
        "api.catalogue.manage": "Change the price book and fields of one's own",
    },
    "Office": {
        "api.office.view": "See the organisation, its users and service areas",
        "api.invoices.view": "See invoices",
        "api.invoices.manage": "Write invoices",
        "api.sla.breached_jobs.read": "See jobs that missed their deadline",
        "api.calendar.jobs.read": "See the calendar",
        "api.dashboard.read": "See the dashboard's counts",
        "api.changes.read": "Follow all changes",
    },
    "Administration": {
        "api.admin.branches.view": "List branches",
        "api.admin.branches.manage": "Change branches",
        "api.admin.users.manage": "Change accounts",
        "api.admin.roles.manage": "Change roles",
        "api.admin.settings.manage": "Change settings",
        "api.admin.activity.view": "See who did what",
    },
}
"""Every key that all organisations have, once, by group."""


def key_groups(document_types: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Give every key of an organisation, by group.

    Args:
        document_types: Its own, the names by the keys.
    """
    if not document_types:
        return KEY_GROUPS
    by_type = {
        document_key(key, act): f"{name}: {verb}"
        for key, name in document_types.items()
        for act, verb in DOCUMENT_ACTS.items()
    }
    return {**KEY_GROUPS, "Documents by type": by_type}
