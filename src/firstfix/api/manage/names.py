"""What the manage API calls the fields of the core."""

from typing import Final

_MANAGE_NAMES: Final = {
    "title": "job_title",
    "description": "job_description",
    "reference": "job_ref",
    "status": "status_id",
    "priority": "priority_id",
    "document_type": "file_type_id",
    "job_type": "job_type_id",
    "agent": "agent_id",
    "contractor": "contractor_id",
    "location": "address_id",
    "location_id": "address_id",
    "text": "note_text",
    "branch": "branch_id",
    "contacts": "tenants_ids",
    "contact_ids": "tenants_ids",
    "client_budget": "job_total_budget",
    "works_start_on": "date_works_start_date",
    "works_end_on": "date_works_end_date",
    "time_range": "time_range_id",
    "payment_status": "payment_status_id",
    "remedial": "remedial_job_uuid",
    "created_by_id": "created_by",
    # The rest of the core has no manage name: these are the field API's.
    "lead": "jobLead",
    "lead_id": "jobLead",
    "crew": "crew",
    "crew_ids": "crew",
    "asset": "asset",
    "asset_id": "asset",
    "scheduled_at": "scheduledOn",
    "estimated_minutes": "estDuration",
    "scheduled_state": "scheduledState",
    "custom_fields": "customFields",
    "notification_delta": "notificationDelta",
    "window_starts_at": "startAfter",
    "window_ends_at": "deadline",
    "slots": "timeSlots",
    "started_at": "startedOn",
    "completed_at": "completedOn",
    "crew_member_id": "crew",
    "crew_state": "crewState",
    "pause_reason": "pauseReason",
    "pre_signature": "preSignature",
    "substate": "state",
    # Of tenants, which nothing else here has.
    "first_name": "tenant_name",
    "last_name": "tenant_name",
    "email": "tenant_email",
    "phone": "tenant_number_primary",
    "phone_work": "tenant_number_work",
}

SCHEDULED_STATES: Final = ("tentative", "confirmed", "dispatched")
SUBSTATES: Final = ("in transit", "on site", "paused")
"""What the field API calls what the core keeps as numbers."""

NOT_FOUND: Final = {
    "jobs.not_found": "Job not found",
    "history.commit_not_found": "Commit not found",
    "amendments.not_found": "Amendment request not found",
    "notes.not_found": "Case note not found",
    "files.attachment_not_found": "Attachment not found",
    "files.photo_not_found": "Photo not found",
    "files.document_not_found": "Document not found",
    "files.archived_not_found": "File not found",
    "files.not_found": "File not found",
}
"""Sentences of the contract, by code."""
ENTITIES: Final = {"Contact": "tenant", "Group": "branch"}
"""What this API calls what the core and the field API call otherwise."""


def manage_name(core_name: str) -> str:
    """Name a field of the core as this API does; what has no name of its own keeps the core's."""
    name, *key = core_name.split(".", 1)
    return ".".join((_MANAGE_NAMES.get(name, name), *key))
