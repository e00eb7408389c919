"""Refusals about jobs."""

from firstfix.domain.errors import Conflict, Invalid, NotFound


class JobNotFound(NotFound):
    code = "jobs.not_found"

    def __init__(self, reference: object) -> None:
        super().__init__(f"No Job with id={reference} exists")
        self.entity = "Job"
        self.reference = reference


class JobChangedMeanwhile(Conflict):
    code = "jobs.changed_meanwhile"

    def __init__(self) -> None:
        super().__init__("Somebody else has changed this job since it was read.", field="expected_updated_at")


class JobOnDevice(Conflict):
    code = "jobs.on_device"

    def __init__(self) -> None:
        super().__init__("The job is on a mobile device: while it is active it cannot be changed or deleted.")


class JobArchived(Conflict):
    code = "jobs.archived"

    def __init__(self) -> None:
        super().__init__("The job is archived: it can be read and no longer changed.")


class JobClosed(Conflict):
    code = "jobs.closed"

    def __init__(self) -> None:
        super().__init__("The job is closed: deleting it needs a permission of its own.")


class JobInvoiced(Conflict):
    code = "jobs.invoiced"

    def __init__(self) -> None:
        super().__init__("The job is invoiced: while it is, it stays, and stays completed.")


class JobRecalled(Conflict):
    code = "jobs.recalled"

    def __init__(self) -> None:
        super().__init__("The job is recalled: complete or cancel the recall before it is archived.", field="status")


class FieldFrozen(Conflict):
    code = "jobs.field_frozen"

    def __init__(self, field: str) -> None:
        super().__init__("The job is closed: its amounts, invoice and quote numbers no longer change.", field=field)


class StatusNotForNewJob(Conflict):
    code = "jobs.status_not_for_new"

    def __init__(self) -> None:
        super().__init__(
            "A new job begins in a status of stage new, assigned or in progress that needs no approval.", field="status"
        )


class MoveNotAllowed(Conflict):
    code = "jobs.move_not_allowed"

    def __init__(self, from_stage: str, to_stage: str) -> None:
        super().__init__(f"A job cannot go from stage {from_stage} to stage {to_stage}.", field="status")


class ApprovalPending(Conflict):
    code = "jobs.approval_pending"

    def __init__(self) -> None:
        super().__init__("A change of status waits for approval: decide it first.", field="status")


class CrewFixed(Conflict):
    code = "jobs.crew_fixed"

    def __init__(self, field: str) -> None:
        super().__init__("The crew changes only while the job is scheduled.", field=field)


class CrewWithoutLead(Conflict):
    code = "jobs.crew_without_lead"

    def __init__(self) -> None:
        super().__init__("The job lead cannot be removed from the crew.", field="crew")


class NotInCrew(Conflict):
    code = "jobs.not_in_crew"

    def __init__(self, field: str) -> None:
        super().__init__("This person is not in the job's crew.", field=field)


class PlanningFixed(Conflict):
    code = "jobs.planning_fixed"

    def __init__(self) -> None:
        super().__init__("The planning changes only while the job is scheduled.", field="scheduled_state")


class NobodyToDispatchTo(Conflict):
    code = "jobs.nobody_to_dispatch_to"

    def __init__(self) -> None:
        super().__init__("A job goes out only to a lead, and this one has none.", field="scheduled_state")


class BranchDisabled(Conflict):
    code = "jobs.branch_disabled"

    def __init__(self) -> None:
        super().__init__("This branch is disabled.", field="branch")


class NotDeferred(Conflict):
    code = "jobs.not_deferred"

    def __init__(self) -> None:
        super().__init__("The job is not deferred: there is nothing to dispatch.")


class AlreadyDispatched(Conflict):
    code = "jobs.already_dispatched"

    def __init__(self) -> None:
        super().__init__("The job has been dispatched already.")


class JobNotWaiting(Conflict):
    code = "jobs.not_waiting"

    def __init__(self) -> None:
        super().__init__("Only a scheduled job is dispatched: work on this one has begun, or it was cancelled.")


class DependencyTaken(Conflict):
    code = "jobs.dependency_taken"

    def __init__(self, side: str) -> None:
        super().__init__("A job has at most one predecessor and one successor: this place is taken.", field=side)


class DependencyCycle(Conflict):
    code = "jobs.dependency_cycle"

    def __init__(self, side: str) -> None:
        super().__init__("A job cannot come before itself.", field=side)


class WindowWithDependencies(Conflict):
    code = "jobs.window_with_dependencies"

    def __init__(self) -> None:
        super().__init__("A job has dependencies or a time window, not both.", field="window_starts_at")


class NoLookup(Conflict):
    code = "jobs.no_lookup"

    def __init__(self, entity: str, *, field: str) -> None:
        super().__init__(f"The organisation has no {entity} that a new job could take.", field=field)


class TaskNotFound(NotFound):
    code = "jobs.task_not_found"

    def __init__(self, reference: object, *, field: str | None = None) -> None:
        super().__init__(f"No Task with id={reference} exists", field=field)
        self.entity = "Task"
        self.reference = reference


class ItemNotFound(NotFound):
    code = "jobs.item_not_found"

    def __init__(self, reference: object, *, field: str) -> None:
        super().__init__(f"No Item with id={reference} exists", field=field)
        self.entity = "Item"
        self.reference = reference


class TaskAmbiguous(Conflict):
    code = "jobs.task_ambiguous"

    def __init__(self) -> None:
        super().__init__("This task stands in the job more than once: name it by its uuid in the job.", field="task")


class AssigneeNotInCrew(Conflict):
    code = "jobs.assignee_not_in_crew"

    def __init__(self, *, field: str) -> None:
        super().__init__("A task is assigned to a member of the job's crew.", field=field)


class AssigneesOff(Invalid):
    code = "jobs.assignees_off"

    def __init__(self, *, field: str) -> None:
        super().__init__("Tasks are assigned only where True-Crew is on.", field=field)


class NothingNamed(Invalid):
    code = "jobs.nothing_named"

    def __init__(self, *, field: str) -> None:
        super().__init__("What is new names a thing of the catalogue.", field=field)


class NamedTwice(Invalid):
    code = "jobs.named_twice"

    def __init__(self, *, field: str) -> None:
        super().__init__("The list names the same thing twice.", field=field)


class WorksEndBeforeStart(Invalid):
    code = "jobs.works_end_before_start"

    def __init__(self) -> None:
        super().__init__("The works cannot end before they start.", field="works_end_on")


class WindowEndsBeforeStart(Invalid):
    code = "jobs.window_ends_before_start"

    def __init__(self) -> None:
        super().__init__("The deadline cannot lie before the start of the time window.", field="window_ends_at")


class ValueOutOfRange(Invalid):
    code = "jobs.value_out_of_range"
