"""Options that the bridge's commands share."""

from __future__ import annotations

from typing import Annotated

import typer

PORT = 9270
"""Where a bridge listens unless it is told otherwise; the protocol's, without loading it."""

TokenOption = Annotated[str, typer.Option(metavar="WORD", help="Word that clients must say.")]
