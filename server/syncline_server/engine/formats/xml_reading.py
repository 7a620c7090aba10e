"""Reads XML into JSON values, by the rules of `xml_text`."""

from __future__ import annotations

import re
from xml.parsers import expat

from syncline_server.engine.formats.xml_text import ATTRIBUTE, MAX_ELEMENTS, VALUE, XmlFault

_WHITE_SPACE = " \t\r\n"
_NOT_SPACE = re.compile(f"[^{_WHITE_SPACE}]")
_CHARSET = re.compile(r";\s*charset\s*=\s*[\"']?([^\s\"';]+)", re.IGNORECASE)
_ENCODING = re.compile(rb"<\?xml\s[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_WIDE = {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}
_ENCODINGS = re.compile(
    r"utf-?8|utf-?16(?:-?[bl]e)?|(?:us-)?ascii|iso-?8859-[0-9]{1,2}|latin-?1|windows-12[0-9]{2}|cp(?:12[0-9]{2}|866)"
    r"|koi8-[ru]|shift-jis|euc-(?:jp|kr)|gb(?:2312|k|18030)|big5"
)
"""Those that decode in time proportional to the text; Python has codecs that do not."""


def from_xml(body: bytes, content_type: str = "") -> dict[str, object]:
    """Return a document as an object with its root element as the one member; raise `XmlFault`.

    Its encoding is that of the byte order mark, else of the content type's `charset`, else of its own declaration.
    """
    document = _decoded(body, content_type)
    _refuse_declared_type(document)
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype  # should the look ahead ever miss one
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(document, True)
    except expat.ExpatError as error:
        raise XmlFault(f"not XML: something unexpected at line {error.lineno}, column {error.offset + 1}") from None
    return reader.root


def _decoded(body: bytes, content_type: str) -> str:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if body.startswith(mark):
            return _decode(body.removeprefix(mark), encoding)
    charset = _CHARSET.search(content_type)
    if charset is not None:
        return _decode(body, charset[1])
    if body[:2] in _WIDE:
        return _decode(body, _WIDE[body[:2]])
    declared = _ENCODING.match(body)
    encoding = declared[1].decode() if declared is not None else "utf-8"
    # A declaration that could be read a byte a character is not in UTF-16, whatever it says of itself.
    return _decode(body, "utf-8" if encoding.lower().startswith("utf-16") else encoding)


def _decode(body: bytes, encoding: str) -> str:
    name = encoding.lower().replace("_", "-")
    try:
        if _ENCODINGS.fullmatch(name):
            return body.decode(name)
    except UnicodeDecodeError:
        raise XmlFault(f"the bytes are not {name}") from None
    except LookupError:  # a number of a family that does not exist
        pass
    raise XmlFault(f"the encoding {encoding[:40]!r} is not known")


def _refuse_declared_type(document: str) -> None:
    """Refuse a document type before anything of it is read."""
    at = 0
    while (found := _NOT_SPACE.search(document, at)) is not None:
        at = found.start()
        end = "?>" if document.startswith("<?", at) else "-->" if document.startswith("<!--", at) else ""
        after = document.find(end, at + 2) if end else -1
        if after < 0:
            break
        at = after + len(end)
    if document.startswith("<!D", at):
        _refuse_doctype()


def _refuse_doctype(*_: object) -> None:
    raise XmlFault("a document type declaration is not taken")


class _Element:
    """One element while it is open."""

    __slots__ = ("members", "name", "pieces", "repeated")

    def __init__(self, name: str, members: dict[str, object]) -> None:
        self.name = name
        self.members = members
        self.pieces: list[str] = []
        self.repeated: set[str] = set()
        """Members that are arrays, because there was more than one element of the name."""

    def add(self, name: str, value: object) -> None:
        """Take an element that is complete."""
        if name in self.repeated:
            items = self.members[name]
            assert isinstance(items, list)  # noqa: S101  # that is what `repeated` says
            items.append(value)
        elif name in self.members:
            self.members[name] = [self.members[name], value]
            self.repeated.add(name)
        else:
            self.members[name] = value

    def value(self) -> object:
        """Return what it is as JSON."""
        content = "".join(self.pieces).strip(_WHITE_SPACE)
        if not self.members:
            return content
        if content:
            self.members[VALUE] = content
        return self.members


class _Reader:
    """Takes what the parser finds."""

    def __init__(self) -> None:
        self.root: dict[str, object] = {}
        self._open: list[_Element] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) >= MAX_ELEMENTS:
            raise XmlFault(f"elements are more than {MAX_ELEMENTS} levels deep")
        self._open.append(_Element(name, {ATTRIBUTE + key: value for key, value in attributes.items()}))

    def end(self, _: str) -> None:
        element = self._open.pop()
        if self._open:
            self._open[-1].add(element.name, element.value())
        else:
            self.root[element.name] = element.value()

    def text(self, piece: str) -> None:
        self._open[-1].pieces.append(piece)
