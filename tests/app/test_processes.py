"""What all processes of an installation have to do in the same way."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from firstfix.app import mail, web, worker
from firstfix.settings import Settings


class Made(Exception):
    """A process has made its connections."""


async def serve(settings: Settings) -> object:
    return web.build_app(settings)


@pytest.mark.parametrize(
    ("module", "process"), [(web, serve), (worker, worker.work_in_background), (mail, mail.take_mail_in)]
)
async def test_every_process_names_mail_after_the_domain_that_answers_come_to(
    module: ModuleType, process: Callable[[Settings], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: dict[str, Any] = {}

    def note(*_: object, **options: object) -> None:
        made.update(options)
        raise Made

    monkeypatch.setattr(module, "Database", note)
    settings = Settings(data=tmp_path, database_url="postgresql://nowhere/none", reply_domain="reply.example.com")

    with pytest.raises(Made):
        await process(settings)

    assert made["mail_domain"] == "reply.example.com"
