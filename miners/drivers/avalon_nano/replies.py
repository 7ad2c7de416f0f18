"""What a cgminer API answers, as JSON or as pipe text, taken apart. Pure.

Source: Canaan-Creative/Avalon_Nano3s `api.c` (January 2025). A reply ends with a NUL; one without it may be
cut off. JSON replies hold raw line ends inside texts. Sections of text replies are parted by `|`, items by `,`,
and both may be escaped with a backslash.
"""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from miners.drivers.base import PayloadError, RefusedError, TryLaterError, WrongProtocolError
from miners.drivers.fields import whole

Section = Mapping[str, Any]

INVALID_COMMAND, ACCESS_DENIED, SET_FAILED = 14, 45, 120
CALIBRATING = re.compile(r"cal(?:ing|ibrat)", re.I)
WORDS_MAX, COUNT_MAX = 120, 10**15
NUL = b"\0"
# The sections of text replies carry the names of their first items; JSON carries them as keys.
TEXT_SECTIONS = {"summary": "SUMMARY", "stats": "STATS", "pools": "POOLS", "version": "VERSION"}


def parse(raw: bytes, commands: tuple[str, ...] = ()) -> dict[str, Section]:
    """Return one answer for each command of a request, keyed by it; "" for the only answer of a single one.

    Raise PayloadError for an empty reply, a cut one, or one that is neither JSON nor pipe text.
    """
    ended = raw.endswith(NUL)
    body = raw.replace(NUL, b"").decode("utf-8", "replace").strip()
    if not body:
        raise PayloadError("The device answers with nothing.")
    if body[0] in "{[":
        return answers_of(from_json(body), commands)
    if body.startswith("STATUS="):
        if not ended:
            raise PayloadError("The device's answer is cut off.")
        return {"": from_text(body, commands[0] if len(commands) == 1 else "")}
    raise WrongProtocolError("Something answers there, and it does not speak the cgminer protocol.")


def from_json(body: str) -> Mapping[str, Any]:
    """Read JSON that may hold raw control characters in its texts."""
    try:
        reply = json.loads(body, strict=False)
    except (ValueError, RecursionError) as error:
        raise PayloadError("The device's answer is cut off or no JSON.") from error
    if not isinstance(reply, dict):
        raise PayloadError("The device answered with something that is no object.")
    cleaned: Mapping[str, Any] = cleaned_of(reply)
    return cleaned


def cleaned_of(value: Any) -> Any:
    """Return JSON whose texts any database takes: without NULs and halves of signs, which escapes can hold."""
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [cleaned_of(item) for item in value]
    if isinstance(value, dict):
        return {cleaned_of(name): cleaned_of(item) for name, item in value.items()}
    return value


def answers_of(reply: Mapping[str, Any], commands: tuple[str, ...]) -> dict[str, Section]:
    """Part a joined reply: its keys are the commands, each an array with one ordinary answer."""
    if len(commands) < 2 or "STATUS" in reply:
        return {"": reply}
    parted: dict[str, Section] = {}
    for command in commands:
        held = reply.get(command)
        if not isinstance(held, list) or not held or not isinstance(held[0], dict):
            raise PayloadError(f"The device's answer lacks {command}.")
        parted[command] = held[0]
    return parted


def from_text(body: str, command: str) -> Section:
    """Read `STATUS=S,When=…|SUMMARY,Elapsed=…|` into the shape of the JSON reply."""
    status: dict[str, Any] = {}
    rows: list[dict[str, Any]] = []
    for part in split_escaped(body, "|"):
        if not part.strip():
            continue
        row = dict(item_of(item) for item in split_escaped(part, ","))
        if "STATUS" in row and not status:
            status = row
        else:
            rows.append(row)
    return {"STATUS": [status], TEXT_SECTIONS.get(command, command.upper()): rows}


def split_escaped(text: str, separator: str) -> list[str]:
    """Split at separators that no backslash precedes; escapes are kept for the next reader."""
    return re.findall(rf"(?:\\.|[^\\{re.escape(separator)}])+", text, re.S)


def item_of(item: str) -> tuple[str, Any]:
    found = re.match(r"((?:\\.|[^\\=])*)=(.*)\Z", item, re.S)
    name, value = (found[1], found[2]) if found else (item, "")
    return re.sub(r"\\(.)", r"\1", name, flags=re.S).strip(), plain(re.sub(r"\\(.)", r"\1", value, flags=re.S))


def plain(text: str) -> Any:
    """Return a number or a switch where the text is one, as JSON would hold it."""
    if text in {"true", "false"}:
        return text == "true"
    if re.fullmatch(r"-?[0-9]{1,18}", text):
        return int(text)
    return float(text) if re.fullmatch(r"-?[0-9]{1,30}\.[0-9]{1,30}", text) else text


# --- statuses --------------------------------------------------------------------------------------


def status_of(answer: Section) -> Section:
    """Return the status of an answer. Other makers write it flat; it then counts as the whole answer."""
    status = answer.get("STATUS")
    if isinstance(status, list) and status and isinstance(status[0], dict):
        return status[0]
    if isinstance(status, str):
        return answer
    raise PayloadError("The device's answer has no status.")


def code_of(answer: Section) -> int | None:
    code = status_of(answer).get("Code")
    return code if isinstance(code, int) and not isinstance(code, bool) else None


def words_of(answer: Section) -> str:
    """Return the device's own words, on one line and of bounded length."""
    said = status_of(answer).get("Msg")
    return " ".join("".join(sign if sign.isprintable() else " " for sign in str(said or "")).split())[:WORDS_MAX]


def succeeded(answer: Section) -> bool:
    """S and I are success: `get`, softoff and older setpool answer with I."""
    return status_of(answer).get("STATUS") in ("S", "I")


def expect(answer: Section, *, what: str, words: str | None = None) -> Section:
    """Return a successful answer. Raise TryLaterError while it calibrates, RefusedError for any other no.

    `words` replaces the device's own, which for pools hold a password.
    """
    if succeeded(answer):
        return answer
    own = words_of(answer)
    if code_of(answer) == SET_FAILED and CALIBRATING.search(own):
        raise TryLaterError("It is calibrating and takes no other mode until it has finished.")
    if code_of(answer) == ACCESS_DENIED:
        raise RefusedError(f"{what}: the device takes this order from nobody on the network (access denied).")
    raise RefusedError(f"{what}: {words or own or 'refused without a word'}")


def rows_of(answer: Section, name: str) -> list[Section]:
    """Return the rows of a section. Raise PayloadError where it is missing or of another shape."""
    rows = answer.get(name)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise PayloadError(f"The device's answer lacks {name}.")
    return rows


def count(row: Section, name: str) -> int | None:
    """Return a counter. Raise PayloadError for one that is below 0 or beyond what any device counts."""
    value = whole(row, name)
    if value is not None and not 0 <= value <= COUNT_MAX:
        raise PayloadError(f"{name} is {value!r:.60}, which is no count.")
    return value


# --- the bracket format ----------------------------------------------------------------------------

TOKEN = re.compile(r"([A-Za-z_][A-Za-z0-9_ ]*?)\s*\[([^\[\]]*)\]")


def tokens_of(text: str) -> dict[str, str]:
    """Read `Name[value] Name[value]`; names are whole, the last of equals counts.

    Newer products wrap it in `'STATS':{…}`. Raise PayloadError where a bracket stays open.
    """
    inner = re.sub(r"^\s*'[A-Z0-9]+':\{(.*)\}\s*$", r"\1", text, flags=re.S)
    if inner.count("[") != inner.count("]"):
        raise PayloadError("The device's figures are cut off.")
    return {name.split("  ")[-1].strip(): value for name, value in TOKEN.findall(inner)}


def figure(tokens: Mapping[str, str], name: str) -> float | None:
    """Return a number of the bracket format, None where it is absent. Raise PayloadError for anything else."""
    value = tokens.get(name)
    if value is None or not value.strip():
        return None
    match = re.fullmatch(r"\s*(-?[0-9]{1,18}(?:\.[0-9]{1,18})?)\s*%?\s*", value)
    if match is None or not math.isfinite(float(match[1])):
        raise PayloadError(f"{name} is {value!r:.60}, which is no number.")
    return float(match[1])


def figures(tokens: Mapping[str, str], name: str) -> list[float]:
    """Return the numbers of a token that holds several, [] where it is absent."""
    parts = tokens.get(name, "").split()
    if not all(re.fullmatch(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?", part) for part in parts):
        raise PayloadError(f"{name} is {tokens[name]!r:.60}, which is no row of numbers.")
    return [float(part) for part in parts]
