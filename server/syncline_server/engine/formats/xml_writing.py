"""Writes JSON values as XML, by the rules of `xml_text`."""

from __future__ import annotations

import re
from functools import lru_cache
from xml.parsers import expat

from syncline_server.engine.expressions.scope import text
from syncline_server.engine.formats.xml_text import ATTRIBUTE, MAX_ELEMENTS, VALUE, TooMuchXml, XmlFault

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'

_NOT_IN_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPECIAL_IN_TEXT = re.compile("[&<>\r]")
_SPECIAL_IN_ATTRIBUTES = re.compile('[&<>"\t\n\r]')
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*(?::[A-Za-z_][A-Za-z0-9_.-]*)?")
_NOT_IN_NAMES = re.compile(r"[\x00-\x20\"'<>&=/;?!\[\]{}()]")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}


def to_xml(value: object, limit: int) -> str:
    """Return a document of at most *limit* characters, to be sent as UTF-8; raise `XmlFault`.

    The value is an object whose one member is the root element.
    """
    if not isinstance(value, dict) or len(value) != 1:
        raise XmlFault("an XML document has one root element, so the value has to be an object with one member")
    ((name, content),) = value.items()
    if isinstance(content, list) and len(content) != 1:
        raise XmlFault("an XML document has one root element, which cannot be an array")
    writer = _Writer(limit)
    writer.put(DECLARATION)
    writer.elements(name, content, 1)
    return "".join(writer.pieces)


def spellings(content: str) -> set[str]:
    """Return what a text may look like in a document: in an element, and in an attribute."""
    return {
        special.sub(lambda match: _ESCAPES[match[0]], content) for special in (_SPECIAL_IN_TEXT, _SPECIAL_IN_ATTRIBUTES)
    }


class _Writer:
    """Puts a document together, and stops when it would get too long."""

    def __init__(self, limit: int) -> None:
        self.pieces: list[str] = []
        self.room = limit

    def put(self, *pieces: str) -> None:
        for piece in pieces:
            self.room -= len(piece)
            self.pieces.append(piece)
        if self.room < 0:
            raise TooMuchXml("the XML would be over the limit")

    def elements(self, name: str, value: object, depth: int) -> None:
        """Write an element, or all those of an array."""
        if depth > MAX_ELEMENTS:
            raise XmlFault(f"elements would be more than {MAX_ELEMENTS} levels deep")
        if not _is_name(name):
            raise XmlFault(f"{name[:100]!r} cannot be the name of an element")
        for item in value if isinstance(value, list) else (value,):
            if isinstance(item, list):
                raise XmlFault(f"the array in the array {name[:100]!r} has no name that an element could have")
            self._element(name, item, depth)

    def _element(self, name: str, value: object, depth: int) -> None:
        members = value if isinstance(value, dict) else {VALUE: value}
        self.put("<", name)
        for key, item in members.items():
            if key[:1] == ATTRIBUTE:
                self._attribute(key[1:], item)
        content = _simple(VALUE, members.get(VALUE))
        within = [(key, item) for key, item in members.items() if key != VALUE and key[:1] != ATTRIBUTE and item != []]
        if not content and not within:
            self.put("/>")
            return
        self.put(">", _escaped(content, _SPECIAL_IN_TEXT))
        for key, item in within:
            self.elements(key, item, depth + 1)
        self.put("</", name, ">")

    def _attribute(self, name: str, value: object) -> None:
        if not _is_name(name):
            raise XmlFault(f"{name[:100]!r} cannot be the name of an attribute")
        self.put(" ", name, '="', _escaped(_simple(ATTRIBUTE + name, value), _SPECIAL_IN_ATTRIBUTES), '"')


def _simple(name: str, value: object) -> str:
    if isinstance(value, (dict, list)):
        raise XmlFault(f"{name[:100]!r} holds an object or array, where XML has a text")
    return text(value)


def _escaped(content: str, special: re.Pattern[str]) -> str:
    foreign = _NOT_IN_XML.search(content)
    if foreign is not None:
        raise XmlFault(f"XML does not have the character U+{ord(foreign[0]):04X}")
    return special.sub(lambda match: _ESCAPES[match[0]], content)


@lru_cache(maxsize=1024)
def _is_name(name: str) -> bool:
    """Tell whether the parser takes the name: who reads the document is likely to have the same one."""
    if _PLAIN_NAME.fullmatch(name):
        return True
    if name.isascii() and ":" not in name:
        return False
    if len(name) > 1000 or _NOT_IN_NAMES.search(name):
        return False
    try:
        return expat.ParserCreate().Parse(f"<{name}/>", True) == 1
    except (expat.ExpatError, UnicodeEncodeError):
        return False
