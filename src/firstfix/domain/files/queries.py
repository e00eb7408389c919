"""Reading about files. Who may see one is asked by the feature whose link table it is in."""

from sqlalchemy import func, select

from firstfix.domain.files.models import File, FileUsage
from firstfix.domain.files.views import FileContent, FileView, Usage
from firstfix.domain.organisations.models import Organisation
from firstfix.domain.work import Work


async def get_usage(work: Work) -> Usage:
    """Tell how much room the organisation's files take. One statement."""
    used = select(FileUsage.used_bytes).scalar_subquery()
    row = (await work.session.execute(select(func.coalesce(used, 0), Organisation.file_quota_bytes))).one()
    return Usage(*row)


def view_of(file: File) -> FileView:
    """Tell about a file."""
    return FileView(
        id=file.id,
        uuid=file.uuid,
        file_name=file.file_name,
        mime_type=file.mime_type,
        size_bytes=file.size_bytes,
        caption=file.caption,
        created_at=file.created_at,
    )


def content_of(file: File) -> FileContent:
    """Tell what is needed to send a file."""
    return FileContent(
        organisation_id=file.organisation_id,
        storage_key=file.storage_key,
        file_name=file.file_name,
        mime_type=file.mime_type,
        size_bytes=file.size_bytes,
        sha256=file.sha256,
        may_inline=file.may_inline,
    )
