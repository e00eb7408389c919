"""Permission keys and who holds them by default. Keys hang on roles; a person can be granted or denied single ones."""

from typing import Final, Literal

from firstfix.domain.work import AccountType

DELETE_CLOSED_JOBS: Final = "api.jobs.manage.delete_closed"
REOPEN_JOBS: Final = "api.jobs.manage.reopen"
PROGRESS_JOBS: Final = "api.jobs.manage.progress"
CHANGE_BRANCH: Final = "api.jobs.manage.change_branch"
"""Needed on top of `MANAGE_JOBS` to hand a job to another branch."""
MANAGE_JOBS: Final = "api.jobs.manage.manage"
LIST_JOBS: Final = "api.jobs.manage.list"
TOGGLE_PINS: Final = "api.jobs.toggle_pin.manage"
AMEND_REQUESTS: Final = "api.jobs.amend_request.manage"
AMENDABLE_FIELDS: Final = "api.jobs.amendable_fields.manage"
CASE_NOTES: Final = "api.jobs.case_notes.manage"
REMEDIALS: Final = "api.jobs.remedials.manage"
MANAGE_RECALLS: Final = "api.jobs.recall.manage"
MANAGE_PHOTOS: Final = "api.jobs.photos.manage"
VIEW_PHOTOS: Final = "api.jobs.photos.view"
DOCUMENTS: Final = "api.jobs.documents.manage"
"""Needed on top of the key of what is done with documents of a type."""
COMPLETE_RECALLS: Final = "api.jobs.mark_recall_completed.manage"
MANAGEMENT_AUTHORITY: Final = "api.jobs.amend_request.decide"
"""Needed on top of an operation's key to decide an amendment or a gate."""

JOB_KEYS: Final = (
    LIST_JOBS,
    MANAGE_JOBS,
    PROGRESS_JOBS,
    DELETE_CLOSED_JOBS,
    REOPEN_JOBS,
    CHANGE_BRANCH,
    CASE_NOTES,
    MANAGE_PHOTOS,
    VIEW_PHOTOS,
    DOCUMENTS,
    MANAGE_RECALLS,
    COMPLETE_RECALLS,
    AMEND_REQUESTS,
    MANAGEMENT_AUTHORITY,
    AMENDABLE_FIELDS,
    REMEDIALS,
    TOGGLE_PINS,
)
LIST_AGENTS: Final = "api.agents.list.manage"
LIST_CONTRACTORS: Final = "api.contractors.list.manage"
MANAGE_TENANTS: Final = "api.tenants.manage.manage"
PEOPLE_LIST_KEYS: Final = (LIST_AGENTS, LIST_CONTRACTORS, MANAGE_TENANTS)
VIEW_PLACES: Final = "api.places.view"
MANAGE_PLACES: Final = "api.places.manage"
VIEW_CATALOGUE: Final = "api.catalogue.view"
MANAGE_CATALOGUE: Final = "api.catalogue.manage"
VIEW_OFFICE: Final = "api.office.view"
"""The organisation itself: its users, their times, its service areas."""
VIEW_INVOICES: Final = "api.invoices.view"
MANAGE_INVOICES: Final = "api.invoices.manage"
BILLING_KEYS: Final = (VIEW_INVOICES, MANAGE_INVOICES)
REFERENCE_KEYS: Final = (VIEW_PLACES, MANAGE_PLACES, VIEW_CATALOGUE, MANAGE_CATALOGUE, VIEW_OFFICE)
READ_CHANGES: Final = "api.changes.read"
READ_CALENDAR: Final = "api.calendar.jobs.read"
READ_DASHBOARD: Final = "api.dashboard.read"
READ_BREACHED_JOBS: Final = "api.sla.breached_jobs.read"
OFFICE_KEYS: Final = (READ_BREACHED_JOBS, READ_CALENDAR, READ_DASHBOARD, READ_CHANGES)
BRANCHES_VIEW: Final = "api.admin.branches.view"
MANAGE_BRANCHES: Final = "api.admin.branches.manage"
MANAGE_USERS: Final = "api.admin.users.manage"
MANAGE_ROLES: Final = "api.admin.roles.manage"
MANAGE_SETTINGS: Final = "api.admin.settings.manage"
VIEW_ACTIVITY: Final = "api.admin.activity.view"
ADMIN_KEYS: Final = (
    BRANCHES_VIEW,
    MANAGE_BRANCHES,
    MANAGE_USERS,
    MANAGE_ROLES,
    MANAGE_SETTINGS,
    VIEW_ACTIVITY,
)
ADMINISTRATING_KEYS: Final = (MANAGE_USERS, MANAGE_ROLES)
"""What an administrator cannot do without: with these, everything else can be mended."""
ALL_KEYS: Final = (*JOB_KEYS, *PEOPLE_LIST_KEYS, *REFERENCE_KEYS, *BILLING_KEYS, *OFFICE_KEYS, *ADMIN_KEYS)

"""Those that there are for every organisation; beside them are those of its document types."""

DocumentAct = Literal["upload", "read", "delete"]
DOCUMENT_ACTS: Final[dict[DocumentAct, str]] = {"upload": "add", "read": "read", "delete": "remove"}
"""What a document type has keys for, and what that is for people."""


def document_key(type_key: str, act: DocumentAct) -> str:
    """Write a permission key of a document type."""
    return f"document.{type_key}.{act}"


def document_keys(*type_keys: str) -> tuple[str, ...]:
    """Write all permission keys of document types."""
    return tuple(document_key(type_key, act) for type_key in type_keys for act in DOCUMENT_ACTS)


DEFAULT_DOCUMENT_TYPES: Final = {
    "certificate": "Certificate",
    "quote": "Quote",
    "invoice": "Invoice",
    "report": "Report",
    "risk_assessment": "Risk assessment",
    "other": "Other",
}
"""The document types that every organisation starts with. Who works with documents has the keys to all of them."""

ADMINISTRATOR_KEYS: Final = ALL_KEYS
STAFF_KEYS: Final = (*(key for key in ALL_KEYS if key not in ADMIN_KEYS), BRANCHES_VIEW)
AGENT_KEYS: Final = (
    *(key for key in JOB_KEYS if key not in (MANAGEMENT_AUTHORITY, DELETE_CLOSED_JOBS, REOPEN_JOBS)),
    *PEOPLE_LIST_KEYS,
    VIEW_PLACES,
)
CONTRACTOR_KEYS: Final = (
    LIST_JOBS,
    PROGRESS_JOBS,
    CASE_NOTES,
    MANAGE_PHOTOS,
    VIEW_PHOTOS,
    DOCUMENTS,
    AMEND_REQUESTS,
    AMENDABLE_FIELDS,
    TOGGLE_PINS,
)
RESIDENT_KEYS: Final = (LIST_JOBS, VIEW_PHOTOS, TOGGLE_PINS)

_ROLES: Final = {
    "Administrator": (AccountType.STAFF, ADMINISTRATOR_KEYS),
    "Manager": (AccountType.STAFF, STAFF_KEYS),
    "Engineer": (AccountType.STAFF, STAFF_KEYS),
    "Agent": (AccountType.AGENT, AGENT_KEYS),
    "Landlord": (AccountType.LANDLORD, RESIDENT_KEYS),
    "Tenant": (AccountType.TENANT, RESIDENT_KEYS),
    "Contractor": (AccountType.CONTRACTOR, CONTRACTOR_KEYS),
}
DEFAULT_ROLES: Final[dict[str, tuple[AccountType, tuple[str, ...]]]] = {
    name: (account_type, (*keys, *document_keys(*DEFAULT_DOCUMENT_TYPES)) if DOCUMENTS in keys else keys)
    for name, (account_type, keys) in _ROLES.items()
}
"""Roles that every organisation starts with: the account type they are meant for and their keys."""
