"""Text messages and calls by a provider's REST interface, in the shape that Twilio documents.

A form is posted to `/2010-04-01/Accounts/<account>/Messages.json` or `…/Calls.json` with HTTP basic
authentication; the provider answers 201 with a `sid` and tells later, by a signed form to the
status callback, what became of it. Other providers offer the same shape under another address.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

from customers.channels.mail import NOBODY_KNOWS, Verdict, later
from derms.lib.words import say

# What a text message may hold: three parts of 153 letters.
TEXT_LENGTH_MAX = 459
API = "/2010-04-01/Accounts"


@dataclass(frozen=True, kw_only=True)
class Provider:
    """Where and as whom messages are handed over; nothing is sent by machine without `url`."""

    url: str
    account: str
    token: str
    sender: str

    @property
    def is_there(self) -> bool:
        return bool(self.url)


@dataclass(frozen=True, kw_only=True)
class Post:
    """One form to post."""

    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Taken:
    """The provider has it, under this number of its own."""

    provider_id: str


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a status callback says: delivered, not delivered and why, or still on its way (None)."""

    is_delivered: bool | None
    words: str


def build(
    provider: Provider,
    *,
    channel: str,
    to: str,
    text: tuple[str, str],
    name: str,
    callback: str,
    language: str = "en",
) -> Post:
    """The form for one text message (`text`) or call (`telephone`)."""
    subject, body = text
    form = {"To": international(to), "From": provider.sender, "StatusCallback": callback}
    if channel == "text":
        kind = "Messages"
        form["Body"] = short_text(subject, body)
    else:
        kind = "Calls"
        form["Twiml"] = spoken(name, subject, body, language=language)
        form["StatusCallbackEvent"] = "completed"
    login = base64.b64encode(f"{provider.account}:{provider.token}".encode()).decode()
    return Post(
        url=f"{provider.url.rstrip('/')}{API}/{provider.account}/{kind}.json",
        headers={
            "Authorization": f"Basic {login}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        },
        body=urlencode(form).encode(),
    )


def international(phone: str) -> str:
    """E.164, as far as signs and spaces go: a plus and digits."""
    digits = re.sub(r"[^0-9]", "", phone)
    return f"+{digits}" if phone.strip().startswith("+") else digits


# The languages of the provider's voices; without one its own is spoken, English.
_VOICES = {"es": ' language="es-MX"'}


def short_text(subject: str, body: str) -> str:
    whole = f"{subject}. {' '.join(body.split())}"
    if len(whole) <= TEXT_LENGTH_MAX:
        return whole
    end = say(" … The rest is in your portal.")
    return whole[: TEXT_LENGTH_MAX - len(end)].rsplit(" ", 1)[0] + end


def spoken(name: str, subject: str, body: str, *, language: str = "en") -> str:
    words = say(
        "Hello {name}. This is your utility. {subject}. {body}",
        name=name,
        subject=subject,
        body=" ".join(body.split()),
    )
    said = f"<Say{_VOICES.get(language, '')}>{escape(words)}</Say>"
    return f'<Response>{said}<Pause length="1"/>{said}</Response>'


def judge(status: int, body: bytes, *, attempts: int) -> Taken | Verdict:
    """What an answer means: only a clear "later" is tried again."""
    facts = _facts(body)
    if 200 <= status < 300 and facts.get("sid"):
        return Taken(provider_id=str(facts["sid"])[:64])
    if 200 <= status < 300:
        return Verdict(words=NOBODY_KNOWS, retry_in=None)
    said = str(facts.get("message") or "no reason given")[:300]
    words = f"The provider of text messages and calls answered {status}: {said}."
    if status == 429 or status >= 500:
        return later(words, attempts, is_server_away=True)
    return Verdict(words=words, retry_in=None)


def judge_silence(words: str, *, was_sent: bool, attempts: int) -> Verdict:
    """Nobody answered: tried again only when certainly nothing was handed over."""
    if was_sent:
        return Verdict(words=NOBODY_KNOWS, retry_in=None, is_server_away=True)
    words = f"The provider of text messages and calls did not answer ({words})."
    return later(words, attempts, is_server_away=True)


def signature(token: str, url: str, form: Iterable[tuple[str, str]]) -> str:
    """HMAC-SHA1 over the address and every field of the form in the order of their names."""
    signed = url + "".join(f"{name}{value}" for name, value in sorted(form))
    digest = hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def is_signed(provider: Provider, *, url: str, form: Iterable[tuple[str, str]], given: str) -> bool:
    if not provider.token:
        return False
    wanted = signature(provider.token, url, form)
    return hmac.compare_digest(wanted.encode(), given.encode())


DELIVERED = {"delivered": "The message was delivered.", "completed": "The call was answered."}
NOT_DELIVERED = {
    "undelivered": "The text message was not delivered",
    "failed": "It could not be sent",
    "busy": "The line was busy",
    "no-answer": "Nobody answered the call",
    "canceled": "It was cancelled",
}


def read_callback(form: Mapping[str, str]) -> Told:
    """Of a message (`MessageStatus`) or of a call (`CallStatus`)."""
    said = form.get("MessageStatus") or form.get("CallStatus") or ""
    if said in DELIVERED:
        return Told(is_delivered=True, words=DELIVERED[said])
    if said in NOT_DELIVERED:
        code = form.get("ErrorCode") or form.get("SipResponseCode") or ""
        why = f" (code {code[:20]})" if code else ""
        return Told(is_delivered=False, words=f"{NOT_DELIVERED[said]}{why}.")
    return Told(is_delivered=None, words=said[:40])


def _facts(body: bytes) -> Mapping[str, object]:
    try:
        facts = json.loads(body)
    except ValueError:
        return {}
    return facts if isinstance(facts, dict) else {}
