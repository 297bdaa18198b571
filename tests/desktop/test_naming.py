"""Names for presets that their makers did not name."""

from __future__ import annotations

from core.library.errors import NameTaken
from core.library.presets import MAX_NAME_CHARACTERS, clean_name
from desktop.pages.naming import with_free_name


def test_a_name_with_a_number_is_no_longer_than_names_may_be() -> None:
    """Two presets with long names give a path over the pad a name twice as long."""
    taken: set[str] = set()

    def make(name: str) -> str:
        if clean_name(name) in taken:
            raise NameTaken(name)
        taken.add(name)
        return name

    for wanted in ("Bell", f"{'a' * 115} to {'b' * 115}, moving"):
        made = [with_free_name(wanted, make) for _ in range(11)]
        assert len(set(made)) == 11
        assert all(name.startswith(wanted[:110]) for name in made)
        assert made[-1].endswith(" 11")
    assert max(map(len, taken)) == MAX_NAME_CHARACTERS
