"""Refusals about what an organisation chooses from."""

from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.errors import Conflict


class NotForRecalls(Conflict):
    code = "catalogue.not_for_recalls"

    def __init__(self) -> None:
        super().__init__(
            "Recalled jobs come to a status of stage new, assigned or in progress that needs no approval.",
            field="is_recall",
        )


class StageLeftEmpty(Conflict):
    code = "catalogue.stage_left_empty"

    def __init__(self, stage: Stage, *, is_without_approval: bool) -> None:
        condition = " that needs no approval" if is_without_approval else ""
        super().__init__(
            f"Jobs have to be able to get to stage {stage.wire_name}: it keeps at least one status{condition}.",
            stage=stage.wire_name,
        )
