"""Names in files that do not say how they are written."""

from __future__ import annotations

import pytest

from core.midi.text import decode_names


@pytest.mark.parametrize(
    ("names", "encoding"),
    [
        (["Piano", "Bass"], "ascii"),
        (["Flügelhorn", "音", "Пиано"], "utf-8"),
        (["ピアノ"], "cp932"),
        (["琴"], "cp932"),
        (["弦楽四重奏 第1番"], "cp932"),
        (["Piano（右手）", "Bass"], "cp932"),
        (["ﾋﾟｱﾉ"], "cp932"),
        (["ベース", "Fur Elise"], "cp932"),
        (["音轨1"], "gb2312"),
        (["钢琴 左手", "Bass"], "gb2312"),
        (["Flöte"], "cp1252"),
        (["créée", "Clé", "préludé"], "cp1252"),
        (["Bob’s “Bass”"], "cp1252"),
        (["Bob’s bass"], "cp1252"),
        (["CRÉÉE"], "cp1252"),
        (["Blåä", "Contrebasse n° 1 – l’été"], "cp1252"),
    ],
)
def test_names_are_read_as_they_were_written(names: list[str], encoding: str) -> None:
    read, guessed = decode_names([name.encode(encoding) for name in names])
    assert read == names
    assert bool(guessed) == (encoding not in ("ascii", "utf-8"))


def test_marks_decide_for_their_own_name() -> None:
    marked = "\ufeffПиано"
    names = [marked.encode("utf-8"), marked.encode("utf-16-le"), marked.encode("utf-16-be")]
    assert decode_names([*names, b"Fl\xf6te"])[0] == ["Пиано"] * 3 + ["Flöte"]


def test_any_bytes_are_a_printable_line() -> None:
    every = bytes(range(256))
    for name in (every, every[::-1], b"\x83" * 999, "ピアノ".encode("cp932") * 99):
        (read,), _ = decode_names([name])
        assert read.isprintable()
        assert len(read) <= 100


def test_a_name_cut_off_inside_a_character_is_still_read() -> None:
    name = "あ".encode("cp932") * 300
    assert decode_names([b"a" + name])[0] == ["a" + "あ" * 99]
