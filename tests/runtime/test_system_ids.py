from __future__ import annotations

import re

from syncline_server.clock import SystemIds

MANY = 2_000
"""More than the random bytes that are taken at a time are enough for."""


def test_no_two_ids_or_secrets_are_the_same_and_all_have_their_length() -> None:
    ids = SystemIds()
    made = [(ids.task_id(1), ids.callback_secret()) for _ in range(MANY)]
    assert len({task_id for task_id, _ in made}) == len({secret for _, secret in made}) == MANY
    assert all(re.fullmatch("[0-9a-f]{24}", task_id) for task_id, _ in made)
    assert all(re.fullmatch("[0-9a-f]{32}", secret) for _, secret in made)


def test_a_secret_shares_no_random_digits_with_ids_around_it() -> None:
    ids = SystemIds()
    before, secret, after = ids.task_id(1)[-8:], ids.callback_secret(), ids.task_id(1)[-8:]
    assert before not in secret
    assert after not in secret


def test_ids_do_not_go_back_with_the_clock() -> None:
    ids = SystemIds()
    late = ids.task_id(2_000)
    assert ids.task_id(1_000)[:16] > late[:16]
