"""``python -m desktop``: what the entry in the system's menu starts."""

import sys

from desktop.app import run

if __name__ == "__main__":
    sys.exit(run())
