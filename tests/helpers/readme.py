"""What a README tells a user to type, typed."""

from __future__ import annotations

import os
import re
import subprocess
import textwrap
from pathlib import Path


def install(readme: Path, home: Path, version: str = "") -> None:
    """Run the first shell commands of a DAW's README, as a user of this home would.

    Args:
        readme: run in its folder.
        home: the user's home; made if it is not there.
        version: of the DAW, where the commands name Ardour 7.
    """
    found = re.search(r"^ *```sh\n(.*?)^ *```", readme.read_text(), re.DOTALL | re.MULTILINE)
    assert found, f"{readme} has no commands"
    commands = textwrap.dedent(found[1])
    if version:
        commands = commands.replace("ardour7", f"ardour{version}")
    home.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        ["sh", "-euc", commands],
        cwd=readme.parent,
        env={**os.environ, "HOME": str(home)},
        check=True,
    )
