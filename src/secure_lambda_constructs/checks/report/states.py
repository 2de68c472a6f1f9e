"""How the page says what is said of a leak path, and in which order."""

from ..outcome import State
from .markup import Markup
from .parts import badge

__all__ = ["CLASSES", "WORDS", "state_badge"]

# What is open first.
WORDS = {
    State.OPEN: "open",
    State.KNOWN: "in the baseline",
    State.ACKNOWLEDGED: "acknowledged",
    State.CLOSED: "closed",
    State.ABSENT: "not present",
}
# The name of the class that gives a state its colour, and that the buttons know it by.
CLASSES = {state: state.value for state in State}
_MARKS = {
    State.OPEN: "✗",
    State.KNOWN: "≈",
    State.ACKNOWLEDGED: "!",
    State.CLOSED: "✓",
    State.ABSENT: "○",
}


def state_badge(state: State) -> Markup:
    """Show a state by a mark, a word and a colour.

    Args:
        state: What is said of a leak path.

    Returns:
        The markup.
    """
    return badge(_MARKS[state], CLASSES[state], WORDS[state])
