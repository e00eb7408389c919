"""The words of mails, in one place, to be translated: catalogs by language, from the English text as it stands in code.

A text is a template of ours with named gaps. What people wrote only ever fills gaps.
"""

from collections.abc import Mapping
from typing import Final

from firstfix.domain.messaging.telling import MailKind

CATALOGS: Final[Mapping[str, Mapping[str, str]]] = {"en": {}}
"""By language: what each English text is in it. What is missing stays English."""

LABELS: Final[Mapping[MailKind, str]] = {
    MailKind.JOB_CREATED: "A new job",
    MailKind.JOB_ASSIGNED: "A job is assigned to you",
    MailKind.JOB_UPDATED: "A job has changed",
    MailKind.CASE_NOTE: "A note is sent to you",
    MailKind.JOB_RECALLED: "A job is recalled",
    MailKind.RECALL_COMPLETED: "A recall is completed",
    MailKind.RECALL_CANCELLED: "A recall is cancelled",
    MailKind.JOB_COMPLETED: "A job is completed",
    MailKind.STATUS_REMINDER: "A job stays in a status for long",
    MailKind.SLA_WARNING: "A deadline is close or missed",
}
"""What each kind of mail tells, for people who switch kinds on and off."""

SUBJECTS: Final[Mapping[MailKind, str]] = {
    MailKind.JOB_CREATED: "New job {reference}: {title}",
    MailKind.JOB_ASSIGNED: "Job {reference} is assigned to you: {title}",
    MailKind.JOB_UPDATED: "Job {reference} has changed: {title}",
    MailKind.CASE_NOTE: "Note on job {reference}: {title}",
    MailKind.JOB_RECALLED: "Job {reference} is recalled: {title}",
    MailKind.RECALL_COMPLETED: "Recall of job {reference} is completed: {title}",
    MailKind.RECALL_CANCELLED: "Recall of job {reference} is cancelled: {title}",
    MailKind.JOB_COMPLETED: "Job {reference} is completed: {title}",
    MailKind.STATUS_REMINDER: "Job {reference} is still {status}: {title}",
    MailKind.SLA_WARNING: "Deadline of job {reference}: {title}",
}

OPENINGS: Final[Mapping[MailKind, str]] = {
    MailKind.JOB_CREATED: "{author} has raised a new job.",
    MailKind.JOB_ASSIGNED: "This job is assigned to you.",
    MailKind.JOB_UPDATED: "{author} has changed this job: {fields}.",
    MailKind.CASE_NOTE: "{author} wrote:",
    MailKind.JOB_RECALLED: "{author} has recalled this job: {reason}",
    MailKind.RECALL_COMPLETED: "The recall of this job is completed.",
    MailKind.RECALL_CANCELLED: "The recall of this job is cancelled.",
    MailKind.JOB_COMPLETED: "This job is completed.",
    MailKind.STATUS_REMINDER: "This job has been {status} for long. Please look at it.",
    MailKind.SLA_WARNING: "This job is due by {due}.",
}
BREACHED: Final = "This job was due by {due}, and is not done."

FIELDS: Final[Mapping[str, str]] = {
    "title": "title",
    "description": "description",
    "status_id": "status",
    "priority_id": "priority",
    "job_type_id": "type",
    "location_id": "address",
    "contractor_id": "contractor",
    "agent_id": "agent",
    "lead_id": "engineer",
    "contact_ids": "contacts",
    "access_details": "access details",
    "scheduled_at": "start",
    "works_end_on": "end",
    "time_range_id": "part of the day",
    "window_starts_at": "time window",
    "window_ends_at": "time window",
}
"""What is told of a change: that it was made, not from what to what."""


def translate(sentence: str, locale: str) -> str:
    """Give a text in somebody's language, such as `en_GB`."""
    language = locale.partition("_")[0].partition("-")[0].lower()
    return CATALOGS.get(language, {}).get(sentence, sentence)
