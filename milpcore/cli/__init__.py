"""The command line: ``milpcore targets``, ``greenfield`` and ``tightness``.

Results go to standard output and nothing else does; messages and progress go to standard error.
Exit codes:

====  ==============================================================================
code  meaning
====  ==============================================================================
0     every configuration has a solution
1     at least one configuration has none (says why; the others are still shown)
2     bad arguments or input, or an optional package is missing
70    an error of this package
130   interrupted by Ctrl-C; what was finished is shown
141   whoever read the output stopped reading
====  ==============================================================================
"""

from milpcore.cli.program import main

__all__ = ["main"]
