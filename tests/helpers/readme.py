"""What a README tells a user to type, typed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path


def install(readme: Path, home: Path) -> None:
    """Run the first shell commands of a DAW's README, as a user of this home would.

    Args:
        readme: run in its folder.
        home: the user's home; made if it is not there.
    """
    found = re.search(r"^ *```sh\n(.*?)^ *```", readme.read_text(), re.DOTALL | re.MULTILINE)
    assert found, f"{readme} has no commands"
    home.mkdir(parents=True, exist_ok=True)
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    subprocess.run(
        ["sh", "-euc", textwrap.dedent(found[1])],
        cwd=readme.parent,
        env={
            **os.environ,
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / ".config"),
            "PATH": programs,
        },
        check=True,
    )
