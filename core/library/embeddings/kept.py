"""What encoders said of recipes, kept: shipped with the program, and in the user's cache.

An embedding belongs to a recipe's digest and an encoder's fingerprint (its weights and its
code), so it never goes stale: an edited preset has a new digest, another encoder another file.
The cache may be deleted at any time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from core import paths
from core.encoders.base import AudioEncoding, TimbreEncoder
from core.errors import SettingsError
from core.files import output_error
from core.library.embeddings.digests import digest_of
from core.library.embeddings.vectors import VectorFile, Vectors
from core.library.factory import embeddings as factory_embeddings
from core.timbre import Timbre


class KeptEmbeddings:
    """Embeddings of all encoders.

    Args:
        cache: the folder they are kept in; None is the user's own.
    """

    def __init__(self, cache: Path | None = None) -> None:
        self._folder = (paths.cache_dir() if cache is None else cache) / "embeddings"
        self._files: dict[str, VectorFile] = {}
        self._held: dict[str, Vectors] = {}

    def of_encoder(self, encoder: TimbreEncoder) -> tuple[Vectors, ...]:
        """Everything that is kept for an encoder: in the cache, shipped, and in memory."""
        fingerprint = encoder.fingerprint
        kept = self._file(fingerprint).open(), factory_embeddings.shipped_for(fingerprint)
        return (*kept, self._held[fingerprint]) if fingerprint in self._held else kept

    def find(self, digest: bytes, encoder: TimbreEncoder) -> AudioEncoding | None:
        """What an encoder said of a recipe, or None.

        Args:
            digest: the recipe's.
            encoder: whose embedding is wanted.
        """
        for vectors in self.of_encoder(encoder):
            embedding = vectors.find(digest)
            if embedding is not None:
                return AudioEncoding(embedding, self._remarks_on(digest, encoder))
        return None

    def look_up(self, timbre: Timbre, encoder: TimbreEncoder) -> AudioEncoding | None:
        """The same by a timbre: an :data:`core.encoders.embed.EmbeddingLookup`.

        Args:
            timbre: the recipe; its recordings are read.
            encoder: whose embedding is wanted.
        """
        try:
            return self.find(digest_of(timbre), encoder)
        except (OSError, SettingsError):  # who embeds it has the better message
            return None

    def keep(self, heard: Mapping[bytes, AudioEncoding], encoder: TimbreEncoder) -> None:
        """Keep what an encoder said.

        Args:
            heard: by the recipes' digests.
            encoder: that said it.

        Raises:
            OutputError: if the cache cannot be written.
        """
        if not heard:
            return
        lines = [
            json.dumps([digest.hex(), *encoding.remarks]) + "\n"
            for digest, encoding in heard.items()
            if encoding.remarks
        ]
        if lines:  # first: an embedding that is found has its remarks then
            path = self._remarks_path(encoder)
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("a", encoding="ascii") as stream:
                    stream.write("".join(lines))
            except OSError as error:
                raise output_error(path, error) from error
        rows = [encoding.embedding for encoding in heard.values()]
        self._file(encoder.fingerprint).append(list(heard), rows)

    def hold(self, heard: Mapping[bytes, AudioEncoding], encoder: TimbreEncoder) -> None:
        """As :meth:`keep`, but in memory, where nothing can be written; remarks were said.

        Args:
            heard: by the recipes' digests.
            encoder: that said it.
        """
        held = self._held.get(encoder.fingerprint, Vectors.of({}))
        rows = {digest: encoding.embedding for digest, encoding in heard.items()}
        self._held[encoder.fingerprint] = Vectors.of({**dict(held.items()), **rows})

    def _file(self, fingerprint: str) -> VectorFile:
        if fingerprint not in self._files:
            self._files[fingerprint] = VectorFile(self._folder / f"{fingerprint}.f32")
        return self._files[fingerprint]

    def _remarks_path(self, encoder: TimbreEncoder) -> Path:
        return self._folder / f"{encoder.fingerprint}.remarks"

    def _remarks_on(self, digest: bytes, encoder: TimbreEncoder) -> tuple[str, ...]:
        """Few recordings have any, so the file is small, and read when it is needed."""
        try:
            lines = self._remarks_path(encoder).read_text("ascii").splitlines()
        except (OSError, ValueError):
            return ()
        wanted = f'["{digest.hex()}", '
        for line in reversed(lines):
            if line.startswith(wanted) and line.endswith("]"):
                return tuple(json.loads(line)[1:])
        return ()
