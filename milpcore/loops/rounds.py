"""The one convention of what a loop is: a ring that visits each plant at most once a round.

All water of a loop goes from plant to plant, one after the other, and back to the first. So every
plant on it has pipes from one other plant and to one other (of each as many as wanted), and no
water that has left a plant is back in it before the round has ended at `start`. Within a plant it
may be split and mixed in any way. What comes back to a plant, or branches to several, is several
loops: as such it can be drawn, evaluated and bounded.

Designs keep the convention by construction, `milpcore.loops.evaluate` refuses networks that do not,
and `milpcore.loops.lower_bound` holds for all networks that do.
"""

from __future__ import annotations

from collections import defaultdict

from milpcore.loops.network import Loop, Pipe

SPLIT = "split it into two loops"
ONE_LEG = f"one leg in and one out: {SPLIT}"
ONE_VISIT = f"one visit a round: {SPLIT}"


def plants_against_rounds(loop: Loop) -> dict[str, tuple[str, str]]:
    """Find the plants that a loop comes back to, or at which it branches.

    Parameters
    ----------
    loop : Loop

    Returns
    -------
    dict of str to (str, str)
        By plant: what was found, and what is right with the remedy.

    Examples
    --------
    >>> from milpcore.loops.network import Header
    >>> headers = [Header(name, name[0]) for name in ("A", "B", "C", "B2")]
    >>> way = [("A", "B"), ("B", "C"), ("C", "B2"), ("B2", "A")]
    >>> loop = Loop(
    ...     flow_kW_per_K=1,
    ...     supply_C=90,
    ...     return_C=50,
    ...     start="A",
    ...     headers=headers,
    ...     exchangers=[],
    ...     pipes=[Pipe(*ends, 1) for ends in way],
    ... )
    >>> plants_against_rounds(loop)["B"][0]
    'water back in it at header B2'
    """
    plant = loop.plant_of_header
    found = {
        plant[name]: (f"water back in it at header {name}", ONE_VISIT)
        for name, left in reversed(_plants_left(loop).items())
        if plant[name] in left and name != loop.start
    }
    sources: dict[str, list[str]] = defaultdict(list)
    targets: dict[str, list[str]] = defaultdict(list)
    for pipe in loop.pipes:
        sources[plant[pipe.target]].append(plant[pipe.source])
        targets[plant[pipe.source]].append(plant[pipe.target])
    for others, way in ((sources, "from"), (targets, "to")):
        for name, ends in others.items():
            legs = list(dict.fromkeys(ends))
            if len(legs) > 1 and name not in found:
                found[name] = (f"legs {way} {' and '.join(legs)}", ONE_LEG)
    return found


def _plants_left(loop: Loop) -> dict[str, set[str]]:
    """Plants that water has left through a pipe on its way from `start` to each header."""
    plant = loop.plant_of_header
    waiting = dict.fromkeys(plant, 0)
    for arc in loop.arcs:
        waiting[arc.target] += 1
    left: dict[str, set[str]] = {loop.start: set()}
    ready, done = [loop.start], []
    while ready:
        name = ready.pop()
        done.append(name)
        for arc in (arc for arc in loop.arcs if arc.source == name):
            if arc.target == loop.start:
                continue
            through = left[name] | ({plant[name]} if isinstance(arc, Pipe) else set())
            left[arc.target] = left.get(arc.target, set()) | through
            waiting[arc.target] -= 1
            if waiting[arc.target] == 0:
                ready.append(arc.target)
    return {name: left[name] for name in done}
