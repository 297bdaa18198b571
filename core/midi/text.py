"""Names inside MIDI files: from bytes whose encoding nobody wrote down to readable text.

How it is decided: a byte order mark decides for its name; names that are all UTF-8 are
UTF-8; otherwise the file is Japanese (Shift-JIS) if every name can be and one of them looks
it; else Chinese (GB2312) by the same test; and Western (Windows-1252) if not. One program
writes one encoding, so all names of a file are decided together.

Shift-JIS decodes most Western text too ("créée" as "cr馥e"), so looks count: characters
that follow each other or stand alone, and not single ones between Latin letters.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LONGEST_BYTES = 400
"""More of a name is not looked at."""
_LONGEST_NAME = 100

_KANA = "\u3041-\u3096\u30a1-\u30fc"
_WIDE = _KANA + "\u3000-\u3020\u4e00-\u9fff\uff01-\uff5e"
_HALF_WIDTH_KANA = "\uff61-\uff9f"
_JAPANESE = re.compile(
    f"[{_KANA}]"
    f"|[{_WIDE}]{{2}}"
    f"|(?<![A-Za-z{_HALF_WIDTH_KANA}])[{_HALF_WIDTH_KANA}]{{2,}}(?![A-Za-z{_HALF_WIDTH_KANA}])"
    f"|(?<![A-Za-z])[\u4e00-\u9fff](?![A-Za-z])"
)
_PRIVATE = re.compile("[\ue000-\uf8ff]")
"""What Shift-JIS leaves to users to define; nobody does in a name."""
_CHINESE = re.compile("[\u4e00-\u9fff]{2}")


def decode_names(names: Sequence[bytes]) -> tuple[list[str], str]:
    """Decode the names of one file.

    Args:
        names: as they stand in the file.

    Returns:
        One printable line each, and the name of the encoding if it had to be guessed
        ("" if not).
    """
    cut = [name[:_LONGEST_BYTES] for name in names]
    unmarked = [name for name in cut if not any(name.startswith(mark) for mark, _ in _MARKS)]
    encoding, guessed = _encoding(unmarked)
    return [_one_line(_decode(name, encoding)) for name in cut], guessed


def _encoding(names: Sequence[bytes]) -> tuple[str, str]:
    """How to decode them, and what to call a guess."""
    if all(_decodes(name, "utf-8") for name in names):
        return "utf-8", ""
    foreign = [name for name in names if not name.isascii()]
    if all(_decodes(name, "cp932") for name in foreign) and any(
        _JAPANESE.search(_decode(name, "cp932")) for name in foreign
    ):
        return "cp932", "Shift-JIS (Japanese)"
    if all(_decodes(name, "gb2312") for name in foreign) and any(
        _CHINESE.search(_decode(name, "gb2312")) for name in foreign
    ):
        return "gb2312", "GB2312 (Chinese)"
    return "cp1252", "Windows-1252 (Western)"


def _decodes(name: bytes, encoding: str) -> bool:
    """Whether a name, which may be cut off inside a character, is text in an encoding."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        text = decoder.decode(name, final=len(name) < _LONGEST_BYTES)
    except UnicodeDecodeError:
        return False
    return not _PRIVATE.search(text)


def _decode(name: bytes, encoding: str) -> str:
    for mark, marked in _MARKS:
        if name.startswith(mark):
            return name.removeprefix(mark).decode(marked, "replace")
    if encoding == "cp1252":  # which leaves five bytes undefined
        return "".join(_western(byte) for byte in name)
    return name.decode(encoding, "ignore")


def _western(byte: int) -> str:
    try:
        return bytes([byte]).decode("cp1252")
    except UnicodeDecodeError:
        return chr(byte)


def _one_line(text: str) -> str:
    printable = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(printable.split())[:_LONGEST_NAME]
