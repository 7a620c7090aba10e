"""XML as JSON values and back: `@name` is an attribute, `#value` an element's text, any other member an element.

The vendor's rules: one parameter is the root element, and its value the structure; the text in an element loses the
white space around it. What it leaves open, and what is done here:

- An element without attributes and elements in it is its text, an empty one the empty text. Elements of one name become
  an array where the first of them stood; a single one is no array. All values that are read are texts, for XML knows no
  other type.
- Mixed content: all the text of an element is put together under `#value`; where it stood between elements is lost.
- Names keep their prefixes, and declarations of namespaces are attributes (`@xmlns:a`): nothing is looked up. Comments
  and processing instructions are dropped, CDATA is text.
- Written are numbers by their digits, `true` and `false`, null as an empty element or attribute; an empty array and no
  element are the same. An array in an array, a second root, a name or character that XML does not have are faults.

What comes from a peer is not trusted: a document type declaration is refused, so there are no entities but the five
that XML has, and no reference to anything outside; elements stand in each other at most `MAX_ELEMENTS` deep. Reading
takes time and memory in proportion to the text, writing to the limit that is given.
"""

from __future__ import annotations

MAX_ELEMENTS = 120
"""Levels; as JSON each may take two, an object and an array, and the whole has to fit `values.MAX_DEPTH`."""
ATTRIBUTE, VALUE = "@", "#value"


class XmlFault(ValueError):
    """The text is no XML as it is taken here, or the value cannot be written as XML; the message is for the author."""


class TooMuchXml(XmlFault):
    """What was written would be over the limit."""


def is_xml(content_type: str) -> bool:
    """Tell whether a content type is one of XML: `text/xml`, `soap/xml`, `application/soap+xml` and their like."""
    kind = content_type.partition(";")[0].strip().lower()
    return kind.endswith(("/xml", "+xml")) and not kind.startswith("image/")
