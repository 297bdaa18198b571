"""Families of sounds on the map, and the tags and General MIDI programs that name them."""

from __future__ import annotations

from core.errors import SettingsError

FAMILIES = (
    "keys", "mallets", "organ", "plucked", "bass", "strings", "voice", "brass", "wind", "lead",
    "pad", "drums",
)  # fmt: skip
"""Their names; a family's number is its place here."""

FAMILY_OF_TAG = {
    **{family: family for family in FAMILIES},
    "mallet": "mallets", "bell": "mallets", "struck": "mallets", "bowed": "strings",
    "pluck": "plucked", "guitar": "plucked", "harp": "plucked", "bow": "strings",
    "choir": "voice", "vocal": "voice", "reed": "wind", "flute": "wind", "piano": "keys",
    "horn": "brass", "trumpet": "brass", "drum": "drums", "violin": "strings",
    "cello": "strings", "string": "strings",
}  # fmt: skip
"""Of presets with several of these tags, the one that comes first here counts."""


def tags_of_family(family: str) -> tuple[str, ...]:
    """The tags that name a family.

    Raises:
        SettingsError: if there is none of that name.
    """
    if family not in FAMILIES:
        raise SettingsError(f"the family {family!r} is not one of {', '.join(FAMILIES)}")
    return tuple(tag for tag, named in FAMILY_OF_TAG.items() if named == family)


_PROGRAMS = {
    "keys": (range(8),),
    "mallets": (range(8, 16), (108, 112, 114)),
    "organ": (range(16, 24),),
    "plucked": (range(24, 32), (45, 46), range(104, 108)),
    "bass": (range(32, 40),),
    "strings": (range(40, 45), range(48, 52), (110,)),
    "voice": (range(52, 55),),
    "brass": (range(56, 64),),
    "wind": (range(64, 80), (109, 111)),
    "lead": (range(80, 88),),
    "pad": (range(88, 104),),
    "drums": ((47, 113), range(115, 119)),
}

FAMILY_OF_PROGRAM = {
    program: FAMILIES.index(family)
    for family, groups in _PROGRAMS.items()
    for group in groups
    for program in group
}
"""Numbers of families by General MIDI programs (from 0); the orchestra hit belongs to none."""

_RANK = {tag: rank for rank, tag in enumerate(FAMILY_OF_TAG)}


def family_named_by(tags: tuple[str, ...]) -> int | None:
    """The number of the family that tags name, or None."""
    named = [tag for tag in tags if tag in _RANK]
    if not named:
        return None
    return FAMILIES.index(FAMILY_OF_TAG[min(named, key=_RANK.__getitem__)])
