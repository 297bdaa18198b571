"""``python -m desktop.translations [FILE]``: write the texts to translate."""

from __future__ import annotations

import argparse
from pathlib import Path

from desktop.translations.template import TEMPLATE, write_template


def main() -> None:
    """Write a new file, or bring a language's file up to date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, default=Path(TEMPLATE))
    file: Path = parser.parse_args().file
    print(f"{file}: {write_template(file)} texts")


if __name__ == "__main__":
    main()
