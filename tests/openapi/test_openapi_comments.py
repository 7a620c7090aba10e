"""Comments of .proto files as Markdown."""

from __future__ import annotations

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.protobuf.text_format import Parse

from syncline_gateway.openapi.comments import Comments, markdown

FILE = """
name: "a.proto" package: "a"
message_type {
  name: "Thing"
  field { name: "big_name" }
  nested_type { name: "Inner" field { name: "x" } enum_type { name: "Kind" value { name: "ONE" number: 0 } } }
  oneof_decl { name: "choice" }
}
enum_type { name: "Color" value { name: "RED" number: 0 } }
service { name: "Things" method { name: "Get" } }
extension { name: "mark" }
source_code_info {
  location { path: [4, 0] leading_comments: " A thing.\\n" }
  location { path: [4, 0, 2, 0] trailing_comments: " Its name.\\n" }
  location { path: [4, 0, 3, 0, 2, 0] leading_comments: " X of `big_name`, and `other_name`.\\n" }
  location { path: [4, 0, 3, 0, 4, 0, 2, 0] leading_comments: " The one.\\n" }
  location { path: [4, 0, 8, 0] leading_comments: " The choice.\\n" }
  location { path: [5, 0, 2, 0] leading_comments: " As blood.\\n" }
  location { path: [6, 0] leading_comments: " Has things.\\n" }
  location { path: [6, 0, 2, 0] leading_comments: " Gets one; or none.\\n\\n Fast.\\n" }
  location { path: [7, 0] leading_comments: " Marks.\\n" }
}
"""
COMMENTS = Comments(FileDescriptorSet(file=[Parse(FILE, FileDescriptorProto())]), {"big_name": "bigName"})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.Thing", "A thing."),
        ("a.Thing.big_name", "Its name."),
        ("a.Thing.Inner.x", "X of `bigName`, and `other_name`."),
        ("a.Thing.Inner.Kind.ONE", "The one."),
        ("a.Thing.choice", "The choice."),
        ("a.Color.RED", "As blood."),
        ("a.Things", "Has things."),
        ("a.Things.Get", "Gets one; or none.\n\nFast."),
        ("a.mark", "Marks."),
        ("a.Nothing", ""),
    ],
)
def test_text(name: str, text: str) -> None:
    assert text == COMMENTS.text(name)


def test_a_summary_is_the_first_clause() -> None:
    assert COMMENTS.summary("a.Things.Get") == "Gets one"
    assert COMMENTS.summary("a.Nothing") == ""


@pytest.mark.parametrize(
    ("comment", "text"),
    [
        (" One\n two.\n", "One two."),
        (" One.\n\n Two.\n", "One.\n\nTwo."),
        (" These:\n - a\n   b\n - c\n", "These:\n- a b\n- c"),
        (" 1. a\n 2. b\n", "1. a\n2. b"),
        ("", ""),
    ],
)
def test_markdown(comment: str, text: str) -> None:
    assert text == markdown(comment.splitlines())
