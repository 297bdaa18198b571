"""Collects the window's texts for translators, in a ``.ts`` file as Qt Linguist opens it."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from tempfile import TemporaryDirectory

from desktop.translations.loading import CONTEXT

TEMPLATE = "timbre_template.ts"
_NOT_SHOWN = ("gallery.py", "screenshots.py", "demo.py", "fakes")
_Key = tuple[str, str]


def write_template(file: Path) -> int:
    """Write all texts; those that the file has already keep their translations.

    Args:
        file: ``timbre_template.ts``, or ``timbre_LANGUAGE.ts`` to bring up to date.

    Returns:
        How many texts there are.

    Raises:
        OSError: if the file cannot be read or written.
        xml.etree.ElementTree.ParseError: if it is there and no ``.ts`` file.
    """
    known = ET.parse(file).getroot() if file.is_file() else ET.Element("TS", version="2.1")
    translations = {
        _key(message): translation
        for message in known.iter("message")
        if (translation := message.find("translation")) is not None
    }
    messages = collect_messages()
    root = ET.Element("TS", known.attrib)
    context = ET.SubElement(root, "context")
    ET.SubElement(context, "name").text = CONTEXT
    for key in sorted(messages):
        message = messages[key]
        unfinished = message.find("translation")
        if key in translations and unfinished is not None:
            message.remove(unfinished)
            message.append(translations[key])
        context.append(message)
    ET.indent(root)
    words = ET.tostring(root, encoding="unicode")
    file.write_text(f'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n{words}\n', "utf-8")
    return len(messages)


def collect_messages() -> dict[_Key, ET.Element]:
    """Every text once, by itself and its disambiguation, with all places where it stands."""
    from PyQt6.lupdate.lupdate import lupdate

    package = Path(__file__).parents[1]
    messages: dict[_Key, ET.Element] = {}
    with TemporaryDirectory() as folder:
        found = Path(folder, "found.ts")
        lupdate(  # type: ignore[no-untyped-call]
            [str(package)], [str(found)], no_summary=True, excludes=_NOT_SHOWN
        )
        root = ET.parse(found).getroot()
        for message in root.iter("message"):
            locations = message.findall("location")
            for location in locations:
                place = (found.parent / location.get("filename", "")).resolve()
                location.set("filename", place.relative_to(package.parent.resolve()).as_posix())
                location.attrib.pop("line", None)  # other lines' changes would be changes here
            first = messages.setdefault(_key(message), message)
            if first is not message:
                for location in locations:
                    first.insert(0, location)
    return messages


def _key(message: ET.Element) -> _Key:
    return message.findtext("source", ""), message.findtext("comment", "")
