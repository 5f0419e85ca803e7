"""What a timeline is made of, and the place in it at which the next page begins."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from .plans import Variable

CURSOR = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?)\|([a-z_]{1,40})\|(\d{1,10})")
MOST_ID = 2**31 - 1
LAST = datetime(9999, 12, 31)
BEFORE_MOMENT, BEFORE_DAY = Variable("before_moment", "timestamp"), Variable("before_day", "date")
DAY_HOUR = timedelta(hours=12)  # where events stand that have a day and no hour: noon is on that day nearly everywhere


@dataclass(frozen=True)
class TimelineSource:
    """One table of a client's events.

    Columns are names of stored fields of the model or SQL on its table; ``None`` means that there is none.
    """

    key: str  # unique, of letters and _
    model: str
    date: Any  # column of a Datetime, or of a Date for events that have no hour
    draw: Callable[[dict], dict]  # from a row to what is shown: title, text, tone, icon, kind, amount, model, id
    kinds: dict[str, tuple[str, str]]  # kind: label and Font Awesome icon
    is_day: bool = False  # the date is a day
    owner: Any = None  # column that says whose the row is
    scope: str = "client"  # the owner is the client, an "entity" (commercial partner) or a "person" of it, or "any"
    domain: Any = ()  # which rows are events, of whatever client; or a callable that returns it
    where: Any = None  # SQL condition for what a domain has no word for; `family` and `entity` are tables of ids
    join: Callable | None = None  # returns SQL of a table, which is called `joined`, and of its condition
    kind: Any = None  # column of the kind, where there are several
    person: Any = None  # column of the contact
    user: Any = None  # column of the colleague
    amount: Any = None
    currency: Any = None
    facts: dict[str, Any] = field(default_factory=dict)  # further columns that `draw` needs
    found_by: tuple = ()  # columns that the text is looked for in
    is_trusted: bool = False  # the rights were asked before, or stand in the domain
    pin: Any = None  # column that says that a row stays on top


@dataclass(frozen=True)
class Place:
    """Where an event stands: events are in descending order of date, source and id."""

    date: datetime
    source: str
    id: int

    def __str__(self):
        return f"{self.date.isoformat()}|{self.source}|{self.id}"


def parse_place(text):
    """
    :param str text: a place as it was given out
    :raise ValueError: it is none
    """
    match = CURSOR.fullmatch(text) if isinstance(text, str) and text.isascii() else None
    if not match or int(match[3]) > MOST_ID:
        raise ValueError(text)
    moment = datetime.fromisoformat(match[1])
    if moment - datetime.min < 3 * DAY_HOUR:  # the calendar has no day before
        raise ValueError(text)
    return Place(moment, match[2], int(match[3]))


def last_day_until(moment, is_included):
    """The last day whose moment is before this one.

    :param bool is_included: or is this one
    """
    at_noon = moment - DAY_HOUR
    is_exact = (at_noon.hour, at_noon.minute, at_noon.second, at_noon.microsecond) == (0, 0, 0, 0)
    return at_noon.date() - timedelta(days=1) if is_exact and not is_included else at_noon.date()


def before_id(source):
    """The variable below which ids of a source are that stand at the moment, or on the day, before which it is read."""
    return Variable(f"before_{source.key}", "int")


def before(place, sources):
    """What the next page is behind.

    :param place: where the page before ended, ``None`` for the first one
    :param sources: those that are read
    :return: dict of the values of ``BEFORE_MOMENT`` and ``BEFORE_DAY``, and of :meth:`before_id` of each source
    """
    moment = place.date if place else LAST
    day = last_day_until(moment, is_included=True)
    is_noon = day != last_day_until(moment, is_included=False)

    def number(source):
        if not place or source.key < place.source or (source.is_day and not is_noon):
            return MOST_ID  # all that stand there
        return place.id if source.key == place.source else 0

    ids = {before_id(source).name: number(source) for source in sources}
    return {BEFORE_MOMENT.name: moment, BEFORE_DAY.name: day} | ids
