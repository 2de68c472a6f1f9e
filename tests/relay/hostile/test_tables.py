"""That the tables are what they say."""

from .tables import ADDRESSES, REQUESTS, RESPONSES, SLOW


def test_there_are_many_cases_and_each_is_another_one() -> None:
    tables = (REQUESTS, RESPONSES, SLOW, ADDRESSES)
    names = [case.id for table in tables for case in table]
    assert len(names) >= 1900
    assert len(set(names)) == len(names)
    assert all(name.isascii() and name.isprintable() for name in names)
    events = [repr(case.event) for case in REQUESTS]
    assert len(set(events)) == len(events)
    steps = [(case.steps, repr(case.asked)) for case in (*RESPONSES, *SLOW)]
    assert len(set(steps)) == len(steps)
    assert len({case.addresses for case in ADDRESSES}) == len(ADDRESSES)
