"""Arguments that several commands share, with the same words in each."""

from __future__ import annotations

import argparse

from milpcore.cli.arguments import alternatives, percent


def add_verbose(command: argparse.ArgumentParser) -> None:
    """Add how much of what happens is told."""
    command.add_argument(
        "-v",
        "--verbose",
        action="count",
        default=0,
        help="log studies and configurations to standard error, in place of the progress line; "
        "-vv the rounds of searches, too",
    )


def add_economics(command: argparse.ArgumentParser, what: str = "prices and limits") -> None:
    """Add the file of prices; `what` says what its values are to the command."""
    command.add_argument(
        "--economics",
        metavar="FILE",
        help=f"{what}, TOML with a table [site]; keys left out keep their default",
    )


def add_objective(command: argparse.ArgumentParser) -> None:
    """Add the choice of what is minimised."""
    command.add_argument(
        "--objective",
        choices=("tac", "opex", "capex", "co2"),
        default="tac",
        help="what to minimise: total annualised cost, its parts (EUR/a), or CO2 (t/a); "
        "TAC decides between equals (default: tac)",
    )


def add_candidates(command: argparse.ArgumentParser) -> None:
    """Add the temperatures that a level may have."""
    command.add_argument(
        "--candidates",
        metavar="SET",
        default="kinks",
        help="temperatures that levels may have: kinks (limit temperatures of the streams), "
        "kinks+grid:K, grid:K (multiples of K kelvin), kinks+gaps or kinks+gaps:K (gaps wider "
        "than the lift limit, or than K, are divided), refined or refined:K (greenfield only: "
        "finer and finer around the best levels, down to K), or a list such as 15,35,80 in °C "
        "(default: kinks)",
    )


def add_periods(command: argparse.ArgumentParser, shared: str) -> None:
    """Add ``--periods``.

    Parameters
    ----------
    command : argparse.ArgumentParser
        Where to add it.
    shared : str
        What the periods share.
    """
    command.add_argument(
        "--periods",
        metavar="FILE",
        help=f"operating periods with {shared}: CSV (or workbook) with "
        "the duty of every stream in each period, kW, and the hours of each, h/a",
    )


def add_alternatives(command: argparse.ArgumentParser, what: str) -> None:
    """Add how many of the best designs are wanted; `what` says what is ranked."""
    command.add_argument(
        "--alternatives",
        metavar="K",
        type=alternatives,
        default=0,
        help=f"find {what}, with a proof that none between is missing (default: 0, none)",
    )
    command.add_argument(
        "--within",
        metavar="PERCENT",
        type=percent,
        help="also find where each level may be, and how large each heat pump, in any design "
        "that costs at most so many percent more than the best, such as 0.1",
    )


def add_output(command: argparse.ArgumentParser, what: str) -> None:
    """Add the output folder and `--quiet`; `what` names tables and figures."""
    command.add_argument(
        "--out",
        metavar="DIR",
        help=f"write {what} and, in DIR/inputs, copies of the "
        "inputs; once something is finished they replace what an older run has written there, "
        "and no other file; one to overwrite that was changed since is refused at the start; needs "
        "the extra milpcore[plot]",
    )
    command.add_argument("--quiet", action="store_true", help="show no progress")
