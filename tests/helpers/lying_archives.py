"""Archives whose headers state another size than an entry has."""

from __future__ import annotations

import struct
import tarfile
import zipfile
from pathlib import Path

_CENTRAL = b"PK\x01\x02"


def state_size(path: Path, name: str, size: int) -> None:
    """Change what a zip's or a tar's headers state as the (unpacked) size of an entry.

    Args:
        path: of the archive, changed in place.
        name: of the entry.
        size: to be stated from now on; content and, in a zip, its CRC stay as they are.
    """
    data = bytearray(path.read_bytes())
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            local = archive.getinfo(name).header_offset
        # APPNOTE 4.3.12: the name follows 46 bytes of a central header, the size stands at 24.
        central = data.index(_CENTRAL)
        while data[central + 46 : central + 46 + len(name)] != name.encode():
            central = data.index(_CENTRAL, central + 1)
        struct.pack_into("<I", data, local + 22, size)
        struct.pack_into("<I", data, central + 24, size)
    else:
        with tarfile.open(path) as tar:
            header = tar.getmember(name).offset
        data[header + 124 : header + 136] = b"%011o\0" % size
        data[header + 148 : header + 156] = b" " * 8
        checksum = sum(data[header : header + 512])
        data[header + 148 : header + 156] = b"%06o\0 " % checksum
    path.write_bytes(bytes(data))
