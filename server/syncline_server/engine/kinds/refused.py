"""Documented types of logic that are refused at deploy, each with the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syncline_server.engine.reading.fields import Fields


def read_git_call(fields: Fields) -> None:
    """`git_call`, `api_git`: code of any language out of a repository."""
    fields.fault("type", "A Git Call runs code of any language from a repository, which this server never does.")


def read_form(fields: Fields) -> None:
    """`api_form`: a form of the Sender messenger, which its vendor has given up."""
    fields.fault("type", "A form of Sender needs that messenger, which is no more.")
