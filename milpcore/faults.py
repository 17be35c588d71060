"""Faults of the input, collected and raised together.

Every reader adds what it finds to a :class:`FaultList` and raises once, so that a user mends a
table in one go. Nothing is repaired silently.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar

Value = TypeVar("Value")


class Fault(NamedTuple):
    """One thing wrong with the input.

    Attributes
    ----------
    where : str
        Row, stream, key or file, in the user's own words ("row 7 (site/H003)").
    field : str
        Column or key.
    value : str
        The value found, as written.
    rule : str
        What must hold, with its unit.
    remedy : str
        What to do about it.
    """

    where: str
    field: str
    value: str
    rule: str
    remedy: str

    def __str__(self) -> str:
        """One line: where, field, value, rule, remedy."""
        place = f"{self.where}: " if self.where else ""
        value = f" = {self.value}" if self.value else ""
        return f"{place}{self.field}{value}: {self.rule}; {self.remedy}"


class InputError(ValueError):
    """Bad input; the message lists every fault found.

    Parameters
    ----------
    title : str
        What was being read.
    faults : tuple of Fault
        All faults, in the order of the input.
    """

    def __init__(self, title: str, faults: tuple[Fault, ...]) -> None:
        self.title = title
        self.faults = faults
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        super().__init__("\n".join([f"{title}: {count}", *(f"  - {fault}" for fault in faults)]))

    def __reduce__(self) -> tuple[type[InputError], tuple[str, tuple[Fault, ...]]]:
        """Pickle by title and faults, so that the error crosses process borders whole."""
        return (InputError, (self.title, self.faults))


class FaultList:
    """Collector of faults.

    Examples
    --------
    >>> faults = FaultList()
    >>> faults.add("row 2", "heat_flow", "-5", "must be positive (kW)", "give the duty's amount")
    >>> faults.raise_if_any("streams.csv")
    Traceback (most recent call last):
        ...
    milpcore.faults.InputError: streams.csv: 1 fault
      - row 2: heat_flow = -5: must be positive (kW); give the duty's amount
    """

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, where: str, field: str, value: object, rule: str, remedy: str) -> None:
        """Note one fault."""
        self._faults.append(Fault(where, field, "" if value is None else str(value), rule, remedy))

    def __len__(self) -> int:
        """Return the number of faults so far."""
        return len(self._faults)

    def raise_if_any(self, title: str) -> None:
        """Raise `InputError` with all faults, if there are any."""
        if self._faults:
            raise InputError(title, tuple(self._faults))


class Gathered:
    """Faults of several inputs, each refused by itself, raised as one error.

    Examples
    --------
    >>> faults = Gathered()
    >>> faults.of(lambda: 5)
    5
    >>> faults.raise_if_any()
    """

    def __init__(self) -> None:
        self._errors: list[InputError] = []

    def of(self, read: Callable[[], Value]) -> Value | None:
        """Return what is read; None, with its faults kept, where it is refused."""
        try:
            return read()
        except InputError as error:
            self._errors.append(error)
            return None

    def raise_if_any(self, title: str | None = None, *, after_title: str | None = ": ") -> None:
        """Raise one error with the faults of all that was refused.

        Parameters
        ----------
        title : str, optional
            Of more than one; default their titles.
        after_title : str or None
            What stands between the title of a fault's own error and its place; None leaves the
            title out.

        Raises
        ------
        InputError
            A single error as it is.
        """
        if not self._errors:
            return
        if len(self._errors) == 1:
            raise self._errors[0]
        faults = []
        for error in self._errors:
            for fault in error.faults:
                places = filter(None, (error.title, fault.where))
                where = fault.where if after_title is None else after_title.join(places)
                faults.append(fault._replace(where=where))
        titles = dict.fromkeys(error.title for error in self._errors)
        raise InputError(", ".join(titles) if title is None else title, tuple(faults))
