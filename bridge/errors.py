"""Why a request can be refused, in the codes that every way in answers with."""

from __future__ import annotations

from typing import Literal, get_args

from core.errors import Cancelled, ModelError, OutputError, TimbreError, UserInputError

Code = Literal[
    "bad_request",
    "unknown_preset",
    "unknown_clip",
    "too_large",
    "model_missing",
    "cancelled",
    "internal",
]
CODES: tuple[Code, ...] = get_args(Code)


class BridgeError(UserInputError):
    """An error that names the code it is answered with.

    Attributes:
        code: what to answer.
    """

    code: Code = "bad_request"


class RequestRefused(BridgeError):
    """A request that cannot be read, or not be done.

    Attributes:
        code: what to answer.
        about: the id the request was about, as far as it could be read, else empty.
    """

    def __init__(self, message: str, code: Code = "bad_request", about: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.about = about


def code_of(error: TimbreError) -> Code:
    """The code that answers an error of the core."""
    if isinstance(error, BridgeError):
        return error.code
    if isinstance(error, ModelError):
        return "model_missing"
    if isinstance(error, Cancelled):
        return "cancelled"
    if isinstance(error, OutputError):  # our disk, not the client's request
        return "internal"
    return "bad_request" if isinstance(error, UserInputError) else "internal"
