"""What notebooks show: a player for a take, and a bar while it is rendered.

IPython is not needed: it asks objects for HTML, and tqdm chooses a bar that fits.
"""

from core.notebooks.player import player_html
from core.notebooks.progress_bar import tqdm_progress

__all__ = ["player_html", "tqdm_progress"]
