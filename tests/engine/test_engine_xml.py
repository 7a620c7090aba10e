"""XML read into JSON values and written from them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline_server.engine import values
from syncline_server.engine.expressions.scope import text
from syncline_server.engine.formats.xml_reading import from_xml
from syncline_server.engine.formats.xml_text import MAX_ELEMENTS, TooMuchXml, XmlFault, is_xml
from syncline_server.engine.formats.xml_writing import DECLARATION, to_xml

Json = dict[str, object]
ROOM = 100_000


def parsed(document: str) -> Json:
    return from_xml(document.encode())


def written(value: object) -> str:
    return to_xml(value, ROOM).removeprefix(DECLARATION)


# Which content types.


@pytest.mark.parametrize(
    "content_type",
    ["application/xml", "text/xml; charset=utf-8", "soap/xml", "application/soap+xml", "TEXT/XML", " text/xml ;x"],
)
def test_a_content_type_of_xml(content_type: str) -> None:
    assert is_xml(content_type)


@pytest.mark.parametrize(
    "content_type", ["", "application/json", "text/html", "image/svg+xml", "xml", "text/plain; a=/xml"]
)
def test_a_content_type_of_something_else(content_type: str) -> None:
    assert not is_xml(content_type)


# Reading.

DOCUMENTED = """
<rootTagName attribute1="value" attribute2="value">
    <includedTag inclAttr1="val" inclAttr2="value">
        sometextvalueinTag
    </includedTag>
</rootTagName>
"""
AS_JSON: Json = {
    "rootTagName": {
        "@attribute1": "value",
        "@attribute2": "value",
        "includedTag": {"@inclAttr1": "val", "@inclAttr2": "value", "#value": "sometextvalueinTag"},
    }
}


def test_the_documented_example_is_read_and_written() -> None:
    assert parsed(DOCUMENTED) == AS_JSON
    assert parsed(written(AS_JSON)) == AS_JSON


@pytest.mark.parametrize(
    ("document", "value"),
    [
        ("<a/>", ""),
        ("<a></a>", ""),
        ("<a> \n </a>", ""),
        ("<a>x</a>", "x"),
        ("<a>1.10</a>", "1.10"),
        ("<a> x  y\n</a>", "x  y"),
        ('<a b="1"/>', {"@b": "1"}),
        ('<a b=" 1 ">x</a>', {"@b": " 1 ", "#value": "x"}),
        ("<a><b/></a>", {"b": ""}),
        ("<a><b>1</b><c/></a>", {"b": "1", "c": ""}),
        ("<a><b>1</b><c/><b>2</b><b><d/></b></a>", {"b": ["1", "2", {"d": ""}], "c": ""}),
        ("<a>one<b/>two<b/> </a>", {"b": ["", ""], "#value": "onetwo"}),
        ('<s:a xmlns:s="urn:x" s:t="1"><s:b/></s:a>', {"@xmlns:s": "urn:x", "@s:t": "1", "s:b": ""}),
        ("<a><![CDATA[<b>&amp;]]></a>", "<b>&amp;"),
        ("<a>&lt;&gt;&amp;&apos;&quot;&#1111;&#x457;</a>", "<>&'\"її"),
        ("<a>x<!-- no -->y<?pi no?>z</a>", "xyz"),
        ("<?xml version='1.0'?><!-- c --><?pi?> <a/><!-- end -->", ""),
        ("<a>1\r\n2\r3</a>", "1\n2\n3"),
        ("<a>&#13;&#10;x</a>", "x"),
        ("<ключ>значення</ключ>", "значення"),
    ],
)
def test_a_document_is_read(document: str, value: object) -> None:
    (found,) = parsed(document).values()

    assert found == value


def test_the_member_is_the_root_with_its_prefix() -> None:
    assert list(parsed('<soap:Envelope xmlns:soap="urn:s"/>')) == ["soap:Envelope"]


@pytest.mark.parametrize(
    "document",
    [
        "",
        " ",
        "text",
        "{}",
        "<a>",
        "<a></b>",
        "<a/><b/>",
        "<a/>x",
        "<a b=1/>",
        "<a b='1' b='2'/>",
        "<a>&b;</a>",
        "<a>\0</a>",
    ],
)
def test_what_is_no_document_is_a_fault_with_its_place(document: str) -> None:
    with pytest.raises(XmlFault, match=r"^not XML: something unexpected at line 1, column [0-9]+$"):
        parsed(document)


@pytest.mark.parametrize(
    "document",
    [
        "<!DOCTYPE a><a/>",
        "<?xml version='1.0'?>\n<!-- x --><?y?>\n<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
        "<!DOCTYPE a [<!ENTITY b SYSTEM 'http://127.0.0.1/'>]><a>&b;</a>",
        "<!DOCTYPE a [<!ENTITY b 'bb'><!ENTITY c '&b;&b;'>]><a>&c;</a>",
        "<!DOCTYPE a [<!ENTITY % p SYSTEM 'http://127.0.0.1/'> %p;]><a/>",
        "<!-- > --><!DOCTYPE a PUBLIC '-//X//Y' 'x.dtd'><a/>",
    ],
)
def test_a_document_type_is_refused(document: str) -> None:
    with pytest.raises(XmlFault, match=r"^a document type declaration is not taken$"):
        parsed(document)


def test_a_document_type_in_a_text_is_text() -> None:
    assert parsed("<a><![CDATA[<!DOCTYPE x>]]><!-- <!DOCTYPE x> --></a>") == {"a": "<!DOCTYPE x>"}


@pytest.mark.parametrize("opening", ["<!-->", "<!--->", "<?>", "<?x", "<!-- ", "<!", "<![CDATA[]]>"])
def test_an_odd_beginning_hides_no_document_type(opening: str) -> None:
    with pytest.raises(XmlFault):
        parsed(opening + "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>")


def test_elements_have_a_greatest_depth() -> None:
    deep = "<a>" * MAX_ELEMENTS + "</a>" * MAX_ELEMENTS

    assert values.fits(parsed(deep), values.MAX_DEPTH - 1)
    with pytest.raises(XmlFault, match=f"more than {MAX_ELEMENTS} levels"):
        parsed(f"<a>{deep}</a>")


def test_the_deepest_document_fits_into_a_task() -> None:
    deep = "<a/>" * 2
    for _ in range(MAX_ELEMENTS - 2):
        deep = f"<a>{deep}</a><a/>"

    assert values.fits(parsed(f"<a>{deep}</a>"), values.MAX_DEPTH - 1)


def test_many_elements_take_time_in_proportion() -> None:
    many = parsed("<r>" + "<a/>" * 100_000 + "</r>")

    assert many == {"r": {"a": [""] * 100_000}}


# Encodings.

UKRAINIAN = "<a>Привіт</a>"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (UKRAINIAN.encode(), ""),
        (UKRAINIAN.encode(), "text/xml"),
        (UKRAINIAN.encode(), 'text/xml; charset="UTF-8"'),
        (UKRAINIAN.encode("utf-8-sig"), ""),
        (UKRAINIAN.encode("utf-8-sig"), "text/xml; charset=windows-1251"),
        (UKRAINIAN.encode("utf-16"), ""),
        (UKRAINIAN.encode("utf-16-be"), ""),
        (UKRAINIAN.encode("utf-16-le"), ""),
        (UKRAINIAN.encode("utf-16-be"), "text/xml; charset=UTF-16BE"),
        (UKRAINIAN.encode("cp1251"), "text/xml; Charset=windows-1251"),
        (UKRAINIAN.encode("cp1251"), "text/xml;charset='cp1251'"),
        (("<?xml version='1.0' encoding='windows-1251'?>" + UKRAINIAN).encode("cp1251"), "text/xml"),
        (('<?xml version="1.0" encoding="UTF-8"?>' + UKRAINIAN).encode("cp1251"), "text/xml; charset=windows-1251"),
        (('<?xml version="1.0" encoding="windows-1251"?>' + UKRAINIAN).encode(), "text/xml; charset=utf-8"),
        (('<?xml version="1.0" encoding="utf-16"?>' + UKRAINIAN).encode(), ""),
        (('<?xml version="1.0" encoding="KOI8-U" standalone="yes"?>' + UKRAINIAN).encode("koi8-u"), ""),
    ],
)
def test_bytes_are_decoded_by_mark_then_header_then_declaration(body: bytes, content_type: str) -> None:
    assert from_xml(body, content_type) == {"a": "Привіт"}


@pytest.mark.parametrize("encoding", ["shift_jis", "euc-jp", "gb18030", "Big5", "iso-8859-1", "us-ascii", "utf8"])
def test_encodings_of_the_world_are_known(encoding: str) -> None:
    sample = {"iso-8859-1": "é", "us-ascii": "e", "utf8": "ї"}.get(encoding, "日本")

    assert from_xml(f"<a>{sample}</a>".encode(encoding), f"text/xml; charset={encoding}") == {"a": sample}


@pytest.mark.parametrize(
    "encoding", ["idna", "punycode", "unicode_escape", "zlib", "utf-7", "iso-8859-12", "x" * 100, "рус"]
)
def test_an_encoding_that_is_not_known_is_a_fault(encoding: str) -> None:
    with pytest.raises(XmlFault, match=r"^the encoding .* is not known$"):
        from_xml(b"<a/>", f"text/xml; charset={encoding}")


@pytest.mark.parametrize(
    ("body", "content_type"), [(b"<a>\xff</a>", ""), (b"<a>\xe9</a>", "text/xml; charset=us-ascii")]
)
def test_bytes_of_another_encoding_are_a_fault(body: bytes, content_type: str) -> None:
    with pytest.raises(XmlFault, match=r"^the bytes are not (utf-8|us-ascii)$"):
        from_xml(body, content_type)


# Writing.


@pytest.mark.parametrize(
    ("value", "document"),
    [
        ({"a": ""}, "<a/>"),
        ({"a": None}, "<a/>"),
        ({"a": {}}, "<a/>"),
        ({"a": [1]}, "<a>1</a>"),
        ({"a": values.Number("1.10")}, "<a>1.10</a>"),
        ({"a": True}, "<a>true</a>"),
        ({"a": {"#value": "x", "@b": 1}}, '<a b="1">x</a>'),
        ({"a": {"b": [], "c": [{}, None, False]}}, "<a><c/><c/><c>false</c></a>"),
        ({"a": {"@b": None, "@c": '<&>"\t\n\r'}}, '<a b="" c="&lt;&amp;&gt;&quot;&#9;&#10;&#13;"/>'),
        ({"a": "]]>&<\r\n'\""}, "<a>]]&gt;&amp;&lt;&#13;\n'\"</a>"),
        ({"x:a": {"@xmlns:x": "urn:x", "b.c-d_e": 1}}, '<x:a xmlns:x="urn:x"><b.c-d_e>1</b.c-d_e></x:a>'),
        ({"ключ": "ї😀"}, "<ключ>ї😀</ключ>"),
        ({"a": {"b": 1, "#value": "before"}}, "<a>before<b>1</b></a>"),
    ],
)
def test_a_value_is_written(value: object, document: str) -> None:
    assert written(value) == document


@pytest.mark.parametrize(
    "value",
    [
        *("text", 1, None, [], {}, {"a": 1, "b": 2}, {"a": []}, {"a": [1, 2]}, {"a": [[1]]}, {"a": {"b": [[1]]}}),
        *({"@a": 1}, {"#value": 1}, {"": 1}, {"a": {"": 1}}, {"a": {"@": 1}}, {"a b": 1}, {"1a": 1}, {"-a": 1}),
        *(
            {"a>": 1},
            {"a/": 1},
            {"a": {"@b=": 1}},
            {"a": {"#text": 1}},
            {"a": {"@b c": 1}},
            {"a\u00a0b": 1},
            {"a\ud800": 1},
        ),
        *({"a": {"@b": {}}}, {"a": {"@b": []}}, {"a": {"#value": {}}}, {"a": {"#value": ["x"]}}),
        *({"a": "\0"}, {"a": {"@b": "\x1b"}}, {"a": "\ufffe"}, {"a": "\ud800"}),
    ],
)
def test_what_xml_cannot_say_is_a_fault(value: object) -> None:
    with pytest.raises(XmlFault) as caught:
        written(value)

    assert str(caught.value).encode()


def test_written_elements_have_a_greatest_depth() -> None:
    deep: object = ""
    for _ in range(MAX_ELEMENTS):
        deep = {"a": deep}

    assert parsed(written(deep)) == deep
    with pytest.raises(XmlFault, match="levels deep"):
        written({"a": deep})


def test_a_document_has_a_greatest_length() -> None:
    document = to_xml({"a": "xyz"}, ROOM)

    assert to_xml({"a": "xyz"}, len(document)) == document
    with pytest.raises(TooMuchXml):
        to_xml({"a": "xyz"}, len(document) - 1)


def test_names_written_again_and_again_do_not_get_out_of_hand() -> None:
    with pytest.raises(TooMuchXml):
        to_xml({"a": {"n" * 50_000: [""] * 50_000}}, 1_000_000)


# Laws.

NAMES = st.sampled_from(["a", "b", "soap:Body", "_x.y-1", "ключ"]) | st.from_regex(
    re.compile(r"[a-z]{1,4}"), fullmatch=True
)
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), max_size=6
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
MEMBERS = st.dictionaries(NAMES.map("@{}".format), LEAVES, max_size=2)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        lambda attributes, own, members: {**attributes, **own, **members},
        MEMBERS,
        st.dictionaries(st.just("#value"), LEAVES, max_size=1),
        st.dictionaries(NAMES, inner | st.lists(inner, max_size=3), max_size=3),
    ),
    max_leaves=12,
)


def normalised(value: object) -> object:
    """Return what is left of a value when it has been XML: texts, without what XML has no difference for."""
    if not isinstance(value, dict):
        return text(value).strip(" \t\r\n")
    members: Json = {}
    for key, item in value.items():
        if key.startswith("@"):
            members[key] = text(item)
        elif key != "#value" and item != []:
            items = [normalised(each) for each in item] if isinstance(item, list) else [normalised(item)]
            members[key] = items if len(items) > 1 else items[0]
    content = text(value.get("#value")).strip(" \t\r\n")
    if content and members:
        members["#value"] = content
    return members or content


@given(NAMES, VALUES)
def test_what_was_written_is_read_again(name: str, value: object) -> None:
    document = to_xml({name: value}, ROOM)

    assert from_xml(document.encode()) == {name: normalised(value)}


@given(NAMES, VALUES)
def test_writing_what_was_read_changes_nothing(name: str, value: object) -> None:
    once = from_xml(to_xml({name: value}, ROOM).encode())

    assert from_xml(to_xml(once, ROOM).encode()) == once


@given(st.text(max_size=8))
def test_any_name_is_either_a_fault_or_read_again(name: str) -> None:
    try:
        document = to_xml({"r": {name: "x"}}, ROOM)
    except XmlFault:
        return

    assert from_xml(document.encode()) == {"r": {name: "x"} if name != "#value" else "x"}


PIECES = [
    "<a>",
    "</a>",
    "<a/>",
    "x",
    "&amp;",
    "&x;",
    "<!--",
    "-->",
    "<?",
    "?>",
    "<!DOCTYPE a ",
    "[",
    "]>",
    "<![CDATA[",
    "]]>",
]
PIECES += ["<!ENTITY x 'boom'>", "<?xml version='1.0' encoding='utf-8'?>", "<b c='", "'>", " ", "\ufeff"]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_whatever_comes_reading_gives_a_value_or_a_fault_and_expands_nothing(document: str) -> None:
    try:
        found = from_xml(document.encode())
    except XmlFault:
        return

    assert len(found) == 1
    assert "boom" not in values.dumps(found) or "ENTITY" in values.dumps(found)


@given(st.binary(max_size=40), st.sampled_from(["", "text/xml", "text/xml; charset=utf-16", "text/xml; charset=big5"]))
def test_whatever_bytes_come_reading_gives_a_value_or_a_fault(body: bytes, content_type: str) -> None:
    try:
        found = from_xml(b"<a>" + body + b"</a>", content_type)
    except XmlFault:
        return

    assert list(found) == ["a"]
