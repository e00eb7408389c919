"""Replies that come in through the real listener: a note where the address lets somebody in, and else none."""

from firstfix.domain.notes.queries import open_text
from tests.factories.letters import Thread, letter, send
from tests.factories.pictures import picture
from tests.mail.conftest import Post


def text_of(post: Post, note: object) -> str:
    return open_text(post.database.keys, uuid=note.uuid, sealed=note.text_sealed, policy=note.text_policy)  # type: ignore[attr-defined]


async def test_a_reply_becomes_a_note_with_its_files(post: Post, thread: Thread) -> None:
    reply = letter(thread.contractor, "On my way.\n\nOn Monday Ann wrote:\n> Can you come?\n")
    reply.add_attachment(picture(), maintype="image", subtype="jpeg", filename="boiler.jpg")
    reply.add_attachment(b"MZ\x90\x00", maintype="application", subtype="octet-stream", filename="setup.exe")

    answer = await send(post.port, reply, thread.contractor.reply_to)

    [note] = thread.notes()
    assert answer.startswith("250 ")
    assert "On my way." in text_of(post, note)
    assert "setup.exe" in text_of(post, note)
    assert "Can you come" not in text_of(post, note)
    assert (note.created_by_id, note.in_reply_to_id) == (thread.organisation["contractor1"].id, thread.note_id)
    assert note.files == ["boiler.jpg"]
    assert thread.quarantined() == []
