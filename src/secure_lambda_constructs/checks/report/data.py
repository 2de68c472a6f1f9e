"""What the page says, as plain values: gathered by `gather`, drawn by `render`."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from ..acknowledged import Acknowledgements
from ..baseline import Known
from ..judgement import Finding, PathVerdict
from ..outcome import Outcome, Standing, State

__all__ = [
    "Box",
    "BoxKind",
    "Ceiling",
    "CostRow",
    "Edge",
    "Guardrails",
    "Network",
    "Place",
    "Reach",
    "ReportData",
    "SignedState",
    "Signing",
    "Trust",
    "Vpc",
]


class BoxKind(Enum):
    """What a box in the picture stands for; the value is how the page names it."""

    FUNCTION = "function in the VPC"
    OUTSIDE = "function outside of the VPC"
    ENDPOINT = "VPC endpoint"
    WAY_OUT = "way out of the VPC"
    DATA = "resource"
    INTERNET = "internet"


@dataclass(frozen=True, kw_only=True)
class Box:
    """One box of the picture: a function or many alike, an endpoint, a table.

    Attributes:
        id: Its id in the page.
        kind: What it stands for.
        title: What it is called.
        lines: Further lines in it.
        members: The construct paths of what it stands for; one, or more where they are alike.
        vpc: The VPC it is in; empty outside.
        subnets: The subnets it is in.
        open: The leak paths that something of it opens and nobody has acknowledged.
        acknowledged: Those that are open and acknowledged.
    """

    id: str
    kind: BoxKind
    title: str
    lines: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    vpc: str = ""
    subnets: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    acknowledged: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Place:
    """Subnets of the picture, with functions in them.

    Attributes:
        id: Its id in the page.
        vpc: The VPC.
        subnets: The subnets, as the boxes in it name them.
        title: What an arrow that leaves it is said to leave.
    """

    id: str
    vpc: str
    subnets: tuple[str, ...]
    title: str


@dataclass(frozen=True, kw_only=True)
class Edge:
    """One arrow of the picture, from a box, or from all boxes in some subnets, to another one.

    Attributes:
        source: Id of the box that it leaves, or of the place.
        target: Id of the box that it leads to.
        label: What goes there, a few words.
        open: Whether it is a way out that should not be there.
        acknowledged: Whether it is one that somebody has acknowledged.
    """

    source: str
    target: str
    label: str
    open: bool = False
    acknowledged: bool = False


@dataclass(frozen=True, kw_only=True)
class Vpc:
    """One VPC of the picture.

    Attributes:
        id: What the boxes in it name.
        name: Its construct path.
        lines: What is said of it: its subnets, its DNS firewall.
    """

    id: str
    name: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Reach:
    """One line of the table beside the picture: who reaches what, how, and with which actions."""

    sources: tuple[str, ...]
    target: str
    through: str
    actions: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Network:
    """The picture.

    Attributes:
        vpcs: The VPCs.
        boxes: What is in and beside them.
        places: The subnets of which all functions reach the same.
        edges: What reaches what.
        reaches: The same in words.
        together: How functions that look alike were put together; empty where each is alone.
    """

    vpcs: tuple[Vpc, ...] = ()
    boxes: tuple[Box, ...] = ()
    places: tuple[Place, ...] = ()
    edges: tuple[Edge, ...] = ()
    reaches: tuple[Reach, ...] = ()
    together: str = ""

    @property
    def ends(self) -> dict[str, Box | Place]:
        """What arrows lead from and to, by the ids."""
        return {**{box.id: box for box in self.boxes}, **{each.id: each for each in self.places}}


class SignedState(Enum):
    """Whether Lambda takes only signed code for a function; the value is how the page says it."""

    ENFORCED = "enforced"
    WARNED = "only warned of"
    NOT_SIGNED = "not signed"
    UNKNOWN = "not known"


@dataclass(frozen=True, kw_only=True)
class Signing:
    """The signing state of one function.

    Attributes:
        function: Its construct path.
        stack: Its stack.
        place: Where it runs: in a VPC or outside.
        state: Whether Lambda takes only signed code for it.
        detail: Why, and whose signature.
        layers: How many layers it has, which the same configuration covers.
    """

    function: str
    stack: str
    place: str
    state: SignedState
    detail: str
    layers: int = 0


@dataclass(frozen=True, kw_only=True)
class Ceiling:
    """What one policy or role lets its principals change.

    Attributes:
        name: The construct path of the policy or role.
        kind: What it is: a permissions boundary, an SCP, a deployment role.
        note: For whom it holds, or what is not known of it.
        answers: For each change, by its name: `True` where it is refused, `False` where it is not,
            `None` where it cannot be told.
    """

    name: str
    kind: str
    note: str
    answers: Mapping[str, bool | None]


@dataclass(frozen=True, kw_only=True)
class Trust:
    """Who may assume a role, besides services of AWS.

    Attributes:
        role: The construct path of the role.
        principal: Who may assume it.
        conditions: On which conditions.
    """

    role: str
    principal: str
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Guardrails:
    """Who can change what, as far as the templates tell.

    Attributes:
        changes: What is asked of each ceiling, in words.
        ceilings: The policies and roles that were asked.
        trusts: Who besides services may assume which role.
        missing: What these templates do not have.
    """

    changes: tuple[str, ...] = ()
    ceilings: tuple[Ceiling, ...] = ()
    trusts: tuple[Trust, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CostRow:
    """One thing that is paid by the month, used or not.

    Attributes:
        what: What it is.
        region: Where it is.
        quantity: How many, and how they were counted.
        unit: What one unit costs, in US dollars.
        per: For what that is, such as an hour.
        month: US dollars in a month, not rounded.
        source: The page of AWS that has the price, and when it was confirmed.
        stands_in: Whether the price is that of us-east-1, for want of the region's own.
    """

    what: str
    region: str
    quantity: str
    unit: Decimal
    per: str
    month: Decimal
    source: str
    stands_in: bool = False


@dataclass(frozen=True, kw_only=True)
class ReportData:
    """All that the page says.

    Attributes:
        title: What was judged, as whoever asks calls it.
        made_with: The name and version of the program.
        date: When, if it is to be said; left out by default, so that equal apps give equal pages.
        functions: How many functions there are.
        stacks: The stacks, with the account and region of each.
        outcome: The verdict, with what is acknowledged and what is in the baseline.
        network: The picture.
        guardrails: Who can change what.
        signing: The signing state of each function.
        costs: What is paid by the month.
        not_counted: What is there and costs something that is not in `costs`.
    """

    title: str
    made_with: str
    functions: int
    stacks: tuple[str, ...]
    outcome: Outcome
    network: Network
    guardrails: Guardrails
    signing: tuple[Signing, ...]
    costs: tuple[CostRow, ...]
    not_counted: tuple[str, ...] = ()
    date: str | None = None

    @property
    def paths(self) -> tuple[PathVerdict, ...]:
        """Each leak path, and whatever else is checked."""
        return self.outcome.verdict.all

    @property
    def broken(self) -> Mapping[str, tuple[str, ...]]:
        """The legitimate requests that do not work, by the name of the flow."""
        return self.outcome.verdict.broken

    @property
    def acknowledgements(self) -> Acknowledgements:
        """What became of what the app acknowledges."""
        return self.outcome.acknowledgements

    @property
    def gone(self) -> tuple[Known, ...]:
        """What the baseline names and nothing opens any more."""
        comparison = self.outcome.comparison
        return () if comparison is None else comparison.gone

    def in_state(self, *states: State) -> tuple[PathVerdict, ...]:
        """The leak paths of which one of `states` is said."""
        return tuple(self.outcome.paths(*states))

    def findings(self, standing: Standing) -> tuple[Finding, ...]:
        """The findings of which `standing` has become, in the order of the paths."""
        return tuple(f for f in self.outcome.findings if self.outcome.standing(f) is standing)

    @property
    def month(self) -> Decimal:
        """US dollars a month for all that is counted."""
        return sum((row.month for row in self.costs), Decimal(0))
