from __future__ import annotations

import io

import pytest

from syncline_cli import terminal


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_colour() -> None:
    assert terminal.Style(Terminal(), {}).red("no") == "\x1b[31mno\x1b[0m"


@pytest.mark.parametrize(
    ("stream", "environ"),
    [(io.StringIO(), {}), (Terminal(), {"NO_COLOR": "1"}), (Terminal(), {"TERM": "dumb"})],
    ids=["pipe", "not wanted", "not able"],
)
def test_nobody_else_gets_colour(stream: io.StringIO, environ: dict[str, str]) -> None:
    style = terminal.Style(stream, environ)

    assert [style.bold("a"), style.dim("b"), style.red("c")] == ["a", "b", "c"]


def test_a_terminal_sees_how_far_many_items_are() -> None:
    stream = Terminal()

    assert list(terminal.with_progress(["x/a.json", "x/b.json"], stream)) == ["x/a.json", "x/b.json"]
    assert "] 0/2 a.json" in stream.getvalue()
    assert f"[{'#' * terminal.BAR_CELLS}] 2/2\n" in stream.getvalue()


@pytest.mark.parametrize(("stream", "items"), [(io.StringIO(), ["a", "b"]), (Terminal(), ["a"])], ids=["pipe", "one"])
def test_otherwise_there_is_no_bar(stream: io.StringIO, items: list[str]) -> None:
    assert list(terminal.with_progress(items, stream)) == items
    assert stream.getvalue() == ""


@pytest.mark.parametrize(("done", "cells"), [(0, 0), (1, 8), (2, 16), (3, 24)])
def test_a_bar_grows(done: int, cells: int) -> None:
    assert terminal.bar(done, 3) == f"[{'#' * cells}{'-' * (24 - cells)}] {done}/3"


def test_lines_are_written_over_the_bar() -> None:
    stream, pipe = Terminal(), io.StringIO()

    terminal.write_over_bar(stream, ["one", "two"])
    terminal.write_over_bar(pipe, ["one", "two"])

    assert stream.getvalue() == "\r\x1b[Kone\ntwo\n"
    assert pipe.getvalue() == "one\ntwo\n"
