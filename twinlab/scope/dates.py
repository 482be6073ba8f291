"""Dates of the days of a scenario, where it says on which date it starts."""

import re
from typing import Any

import numpy as np

from twinlab.scope.columns import Day
from twinlab.scope.errors import ScenarioError
from twinlab.scope.kinds import Date, Whole, ranged

_DAYS = re.compile(r"\b(?>day \d+(?:\.\d+)?|days \d+ to \d+)\b(?!,\d|, \d{4}-)")  # not yet dated


class Calendar:
    """What has a date of day 0 [``start``] and, in each of its days, ``period`` calendar days."""

    start: Date | None
    period: int

    @ranged
    def day_of(self, date: Day, where: str = "") -> int:
        """The day on which a date falls; a number is one. ``where`` stands before what is wrong."""
        if not isinstance(date, Date):
            return date
        if self.start and self.start <= date:
            return (date - self.start).days // self.period
        remedy = f"give the date of day 0, change(start='{date}') or an earlier one"
        raise ScenarioError(f"{where}{date} is no day since start={self.start}: {remedy}")

    @ranged
    def date(self, day: Whole) -> Date:
        """The date of a day (of a period of several: the first), which ``day_of`` takes back."""
        if self.start and day * self.period <= (Date.max - self.start).days:
            return Date.fromordinal(self.start.toordinal() + day * self.period)
        remedy = "give the date of day 0 up to the year 9999, change(start='2026-03-01')"
        raise ScenarioError(f"day {day} has no date since start={self.start}: {remedy}")

    def dates(self, days: Any) -> Any:
        """The dates of many days, for tables and axes: an array."""
        return np.datetime64(self.start) + self.period * np.asarray(days, float).astype(int)

    def dated(self, told: Any) -> Any:
        """The same words or table of days with their dates, where there is a start."""
        if self.start and isinstance(told, str):
            for days in reversed([*_DAYS.finditer(told)]):
                dates = " to ".join(self.dates(days[0].split()[1::2]).astype(str))
                told = f"{told[: days.end()]}, {dates}{told[days.end() :]}"
            return told
        if self.start:
            told.insert(1 + told.columns.get_loc("day"), "date", self.dates(told["day"]))
        return told
