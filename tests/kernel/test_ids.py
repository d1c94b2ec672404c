"""Ids made many at once: UUIDv7s that sort by creation and are never the same (kernel/ids.py)."""

from uuid import UUID

import pytest

from outcry.kernel.ids import ID_RUN_MAX, new_id_run


def test_a_run_of_ids_rises_and_no_two_runs_meet() -> None:
    runs = [new_id_run(40) for _ in range(200)]
    for run in runs:
        numbers = [int.from_bytes(identity, "big") for identity in run]
        assert numbers == list(range(numbers[0], numbers[0] + 40))
        for identity in run:
            made = UUID(bytes=identity)
            assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert len({identity for run in runs for identity in run}) == 40 * 200
    assert [run[0][:6] for run in runs] == sorted(run[0][:6] for run in runs)


def test_a_run_has_a_bound_and_keeps_within_its_tail() -> None:
    longest = new_id_run(ID_RUN_MAX)
    assert len({identity[:13] for identity in longest}) == 1
    assert len(set(longest)) == ID_RUN_MAX
    with pytest.raises(AssertionError):
        new_id_run(ID_RUN_MAX + 1)
