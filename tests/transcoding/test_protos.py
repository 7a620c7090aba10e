"""The fixture that compiles protos of tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool

from fakes import protos

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_is_compiled_once_into_the_default_pool() -> None:
    one = protos.load("protojson.proto")
    assert protos.load("protojson.proto") is one
    assert one.pool is descriptor_pool.Default()
    assert one.message("Child")(name="x").SerializeToString() == b"\n\x01x"
    assert one.extension("inline").number == 50799


def test_or_into_a_pool_of_its_own() -> None:
    own = protos.load("protojson.proto", own_pool=True)
    assert own.pool is not descriptor_pool.Default()
    assert own.message("Child") is not protos.load("protojson.proto").message("Child")


def test_comments_and_imports_are_in_the_set() -> None:
    files = descriptor_pb2.FileDescriptorSet.FromString(protos.load("protojson.proto").descriptors).file
    assert files[-1].name == "protojson.proto"
    assert "google/protobuf/timestamp.proto" in {file.name for file in files}
    assert any("Fields that hold JSON text" in one.leading_comments for one in files[-1].source_code_info.location)


def test_a_broken_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.proto").write_text("syntax = 'proto3'; message {", encoding="utf-8")
    monkeypatch.setattr(protos, "INCLUDES", (tmp_path,))
    with pytest.raises(ValueError, match=r"broken\.proto"):
        protos.compiled("broken.proto")
    assert "broken.proto:1" in capfd.readouterr().err
