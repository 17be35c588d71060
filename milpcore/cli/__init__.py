"""The command line: targets, greenfield, retrofit, sensitivity, pareto, sweep, tightness, sizing.

Results go to standard output and nothing else does; messages and progress go to standard error.
Exit codes:

====  ==============================================================================
code  meaning
====  ==============================================================================
0     every configuration has a solution
1     at least one configuration has none (says why; the others are still shown)
2     bad arguments or input, or an optional package is missing
70    an error of this package
74    the output could not be written: a full disk, a closed standard output
130   interrupted by Ctrl-C; what was finished is shown
141   whoever read the output stopped reading
143   the same as 130, asked for by the signal SIGTERM
====  ==============================================================================
"""

from __future__ import annotations

from collections.abc import Sequence

from milpcore.cli.messages import INTERRUPTED, TERMINATED, ToldInterrupt, print_error
from milpcore.cli.signals import termination_as_ctrl_c

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the program's name; those of the process if not given.

    Returns
    -------
    int
        Exit code, see `milpcore.cli`.

    Examples
    --------
    >>> main(["targets", "two_streams", "--json"])
    {
      "hot_utility_kW": 0.0,
      "cold_utility_kW": 300.0...,
      "pinch_C": []
    }
    0
    """
    with termination_as_ctrl_c() as terminations:
        try:
            # Imported here, so that Ctrl-C is answered while modules are imported, too.
            from milpcore.cli.program import run_command

            code = run_command(argv)
        except KeyboardInterrupt as interrupt:
            print_error(str(interrupt) if isinstance(interrupt, ToldInterrupt) else "interrupted")
            code = INTERRUPTED
    return TERMINATED if terminations and code == INTERRUPTED else code
