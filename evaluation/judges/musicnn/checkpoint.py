"""Reads the variables of a TensorFlow checkpoint (version 2) without TensorFlow.

Such a checkpoint is a file of raw tensors and an index: a table in LevelDB's format
(``table_format.md``) from names to protocol buffers (``tensor_bundle.proto``) that say dtype, shape
and place. Only what musicnn's hold is read: one shard, blocks that are not compressed, float32.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.errors import ModelDamaged
from core.types import FloatArray

_MAGIC = 0xDB4775248B80FB57.to_bytes(8, "little")
_FOOTER_BYTES = 48
_DT_FLOAT = 1
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def read_variables(index: bytes, data: bytes) -> dict[str, FloatArray]:
    """All float32 variables of a checkpoint by name.

    Args:
        index: content of ``NAME.index``.
        data: content of ``NAME.data-00000-of-00001``.

    Raises:
        ModelDamaged: if it is no such checkpoint.
    """
    if len(index) < _FOOTER_BYTES or not index.endswith(_MAGIC):
        raise ModelDamaged("the index is not that of a TensorFlow checkpoint, version 2")
    try:
        footer = index[-_FOOTER_BYTES:]
        _, at = _handle(footer, 0)  # of blocks about blocks
        blocks, _ = _handle(footer, at)
        variables = {}
        for _, place in _entries(index, blocks):
            block, _ = _handle(place, 0)
            for name, value in _entries(index, block):
                if name:  # the entry without a name is the header
                    array = _variable(value, data)
                    if array is not None:
                        variables[name.decode()] = array
    except (IndexError, ValueError, KeyError) as error:
        raise ModelDamaged(f"the checkpoint cannot be read ({error})") from error
    return variables


def _varint(content: bytes, at: int) -> tuple[int, int]:
    """A number, and where the next one begins."""
    value = shift = 0
    while True:
        byte = content[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def _handle(content: bytes, at: int) -> tuple[slice, int]:
    """Where a block lies, and where the next handle begins."""
    offset, at = _varint(content, at)
    size, at = _varint(content, at)
    return slice(offset, offset + size), at


def _entries(index: bytes, where: slice) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of a block; each key is given by what it shares with the one before."""
    if index[where.stop]:
        raise ValueError("its index is compressed")
    block = index[where]
    restarts = int.from_bytes(block[-4:], "little")
    at, end, key = 0, len(block) - 4 * (restarts + 1), b""
    while at < end:
        shared, at = _varint(block, at)
        own, at = _varint(block, at)
        size, at = _varint(block, at)
        key = key[:shared] + block[at : at + own]
        yield key, block[at + own : at + own + size]
        at += own + size


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Numbers and values of a protocol buffer's fields."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        kind = tag & 7
        if kind == _VARINT:
            number, at = _varint(message, at)
            yield tag >> 3, number
        elif kind == _BYTES:
            size, at = _varint(message, at)
            yield tag >> 3, message[at : at + size]
            at += size
        elif kind in (_FIXED32, _FIXED64):
            size = 4 if kind == _FIXED32 else 8
            yield tag >> 3, message[at : at + size]
            at += size
        else:
            raise ValueError(f"its index holds a field of wire type {kind}")


def _variable(entry: bytes, data: bytes) -> FloatArray | None:
    """The array a ``BundleEntryProto`` stands for; None if it is not of float32."""
    fields = dict(_fields(entry))
    dtype, shape, shard = fields.get(1), fields.get(2, b""), fields.get(3, 0)
    offset, size = fields.get(4, 0), fields.get(5, 0)
    if dtype != _DT_FLOAT:
        return None
    if not isinstance(shape, bytes) or not isinstance(offset, int) or not isinstance(size, int):
        raise ValueError("its index is damaged")
    if shard != 0 or offset + size > len(data):
        raise ValueError("its data end early or lie in another file")
    sizes = [dict(_fields(dim)).get(1, 0) for tag, dim in _fields(shape) if tag == 2]  # type: ignore[arg-type]
    array = np.frombuffer(data[offset : offset + size], "<f4")
    return array.reshape([int(length) for length in sizes]).astype(np.float32)
