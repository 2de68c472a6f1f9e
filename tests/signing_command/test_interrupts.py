"""A signal ends the work, cleans up once, and is forgotten afterwards."""

import os
import signal
import sys
import time

import pytest

from secure_lambda_constructs.signing.command.interrupts import Interrupted, interruptible

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")


def _send(number: int) -> None:
    os.kill(os.getpid(), number)
    time.sleep(1)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_ends_the_block(name: str) -> None:
    number = getattr(signal, name)
    before = signal.getsignal(number)
    with pytest.raises(Interrupted, match=name), interruptible():
        _send(number)
    assert signal.getsignal(number) is before


def test_a_second_signal_does_not_stop_the_cleaning_up() -> None:
    cleaned = []

    def work() -> None:
        try:
            _send(signal.SIGTERM)
        finally:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGTERM)
            cleaned.append(True)

    with pytest.raises(Interrupted, match="SIGTERM"), interruptible():
        work()
    assert cleaned


def test_an_ignored_signal_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interruptible():
            os.kill(os.getpid(), signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_libraries_do_not_take_it_for_a_failure() -> None:
    assert not issubclass(Interrupted, Exception)
