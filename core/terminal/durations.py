"""Lengths of time in words."""


def duration_words(seconds: float) -> str:
    """A length of time for people: ``8 s``, ``2 min 05 s``, ``1 h 02 min``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
