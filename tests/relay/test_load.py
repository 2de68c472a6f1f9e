"""Many callers at once, over one relay: nobody gets another's answer, and nothing is left behind.

`benchmarks/relay_load.py` does the same for longer, and looks at the memory, too.
"""

import pytest

from .load import Load, run_load
from .load_calls import KINDS

CALLS = 3000


@pytest.fixture(scope="module")
def load() -> Load:
    return run_load(calls=CALLS, callers=200)


def test_each_caller_gets_its_own_answer(load: Load) -> None:
    """Also beside hosts that close, are slow, or answer for the next call, and over a rotation."""
    assert load.wrong == []
    assert load.kinds == {kind.name: kind.share * CALLS // 100 for kind in KINDS}
    assert load.calls == CALLS


def test_they_called_at_once(load: Load) -> None:
    assert load.at_once > 100


def test_no_more_connections_are_kept_than_the_pool_takes(load: Load) -> None:
    (at_rest,) = load.at_rest
    assert 0 < at_rest.sockets - load.before.sockets <= 64


def test_nothing_is_left(load: Load) -> None:
    assert load.after.sockets <= load.before.sockets
    assert load.after.threads <= load.before.threads
