"""Votes are kept, counted and written out."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from core.errors import DatabaseUnusable, OutputError
from desktop.listening.statistics import WinShare
from desktop.listening.vote_store import LocalVotes
from desktop.listening.votes import PairRecord, pair_records, standings
from desktop.services.fakes.votes import fake_vote, votes_of_three


def test_votes_are_there_at_the_next_start(tmp_path: Path) -> None:
    given = votes_of_three().kept
    store = LocalVotes(tmp_path / "new" / "votes.sqlite")
    for vote in given:
        store.add(vote)
    store.close()
    again = LocalVotes(tmp_path / "new" / "votes.sqlite")
    assert again.votes() == given
    again.close()


def test_the_users_own_file_is_under_the_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIMBRE_HOME", str(tmp_path))
    store = LocalVotes()
    assert store.votes() == []
    assert (tmp_path / "votes.sqlite").is_file()
    store.close()


def test_a_damaged_file_is_said_and_left(tmp_path: Path) -> None:
    file = tmp_path / "votes.sqlite"
    file.write_bytes(b"no database at all" * 100)
    with pytest.raises(DatabaseUnusable, match=r"the file of votes .* is unusable: it is damaged"):
        LocalVotes(file).add(fake_vote("a", "b", "a"))
    assert file.read_bytes() == b"no database at all" * 100


def test_votes_are_exported_as_a_table(tmp_path: Path) -> None:
    store = LocalVotes(tmp_path / "votes.sqlite")
    store.add(fake_vote("Bell, “small”\nand old", "=Bass", "b"))
    store.add(fake_vote("Bell", "Bass", "a", x="a"))
    assert store.export(tmp_path / "votes.csv") == 2
    with (tmp_path / "votes.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert rows[0]["a_preset"] == "Bell, “small”\nand old"
    assert [(row["mode"], row["x"], row["answer"]) for row in rows] == [
        ("preference", "", "b"),
        ("abx", "a", "a"),
    ]
    assert rows[0]["b_clip_hash"] == "1" * 64
    with pytest.raises(OutputError):
        store.export(tmp_path / "none" / "votes.csv")
    store.close()


def test_presets_are_ranked_by_what_is_sure() -> None:
    votes = [fake_vote("often", "other", "a")] * 9 + [fake_vote("other", "often", "a")]
    votes += [fake_vote("once", "other", "a"), fake_vote("often", "once", "none")]
    votes += [fake_vote("often", "often", "a"), fake_vote("once", "often", "a", x="a")]
    found = {one.key[0]: one for one in standings(votes)}
    assert list(found) == ["often", "once", "other"]
    assert found["often"].share == WinShare(9, 1, 1)
    assert found["often"].opponents == 2
    assert found["other"].share == WinShare(1, 10)


def test_pairs_are_seen_from_the_better_one() -> None:
    votes = [fake_vote("a", "b", "b"), fake_vote("b", "a", "a"), fake_vote("a", "b", "a")]
    votes += [fake_vote("a", "b", "none"), fake_vote("b", "a", "a", x="a")]
    votes += [fake_vote("a", "b", "a", x="b")]
    assert pair_records(votes) == [PairRecord(("b", 1), ("a", 1), WinShare(2, 1, 1), 1, 2)]
