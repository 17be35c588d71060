"""Shortest paths with a limited number of levels: the kernels behind every bound of the search.

A path has a start cost at its lowest level, a cost on every arc and at most ``n_levels`` levels.
All arc arrays are sorted by tail, then head; costs may be negative, since levels only rise.
"""

from __future__ import annotations

import numpy as np

from milpcore.site.inputs import Booleans, Floats, Integers
from preprocess.jit import kernel


@kernel
def forward_labels(
    tail: Integers, head: Integers, cost: Floats, start_cost: Floats, n_levels: int
) -> Floats:
    """Cheapest way to each level (N, L): row k holds the paths of at most k + 1 levels."""
    n = start_cost.shape[0]
    label = np.full((n_levels, n), np.inf)
    for level in range(n):
        for count in range(n_levels):
            label[count, level] = start_cost[level]
    for arc in range(tail.shape[0]):
        i, j, step = tail[arc], head[arc], cost[arc]
        for count in range(1, n_levels):
            through = label[count - 1, i] + step
            if through < label[count, j]:
                label[count, j] = through
    return label


@kernel
def backward_labels(
    tail: Integers, head: Integers, cost: Floats, can_end: Booleans, n_levels: int
) -> Floats:
    """Cheapest way from each level to the end (N, L): row k holds at most k further levels."""
    n = can_end.shape[0]
    label = np.full((n_levels, n), np.inf)
    for level in range(n):
        if can_end[level]:
            for count in range(n_levels):
                label[count, level] = 0.0
    for arc in range(tail.shape[0] - 1, -1, -1):
        i, j, step = tail[arc], head[arc], cost[arc]
        for count in range(1, n_levels):
            through = step + label[count - 1, j]
            if through < label[count, i]:
                label[count, i] = through
    return label


@kernel
def cheapest_path(forward: Floats, can_end: Booleans) -> float:
    """Cost of the cheapest path."""
    best = np.inf
    for level in range(can_end.shape[0]):
        if can_end[level] and forward[-1, level] < best:
            best = forward[-1, level]
    return best


@kernel
def through_arcs(
    tail: Integers, head: Integers, cost: Floats, forward: Floats, backward: Floats
) -> Floats:
    """Cost of the cheapest path through each arc (A,)."""
    n_levels = forward.shape[0]
    through = np.empty(tail.shape[0])
    for arc in range(tail.shape[0]):
        i, j = tail[arc], head[arc]
        best = np.inf
        for count in range(n_levels - 1):
            total = forward[count, i] + backward[n_levels - 2 - count, j]
            if total < best:
                best = total
        through[arc] = best + cost[arc]
    return through


@kernel
def through_pairs(
    head: Integers,
    cost: Floats,
    first_arc: Integers,
    forward: Floats,
    backward: Floats,
    source: Integers,
    sink: Integers,
) -> Floats:
    """Cost of the cheapest path through both levels of each pair (K,), sorted by source.

    ``first_arc`` (L+1,) points at the first arc of each tail. One labelling per source level.
    """
    n_levels, n = forward.shape
    through = np.full(source.shape[0], np.inf)
    label = np.full((n_levels, n), np.inf)
    pair = 0
    while pair < source.shape[0]:
        i = source[pair]
        last = i
        stop = pair
        while stop < source.shape[0] and source[stop] == i:
            last = max(last, sink[stop])
            stop += 1
        for level in range(i, last + 1):
            for count in range(n_levels):
                label[count, level] = np.inf
        label[0, i] = 0.0
        for level in range(i, last):
            for arc in range(first_arc[level], first_arc[level + 1]):
                j = head[arc]
                if j > last:
                    break
                for count in range(1, n_levels):
                    total = label[count - 1, level] + cost[arc]
                    if total < label[count, j]:
                        label[count, j] = total
        while pair < stop:
            j = sink[pair]
            best = np.inf
            for middle in range(1, n_levels):
                if label[middle, j] == np.inf:
                    continue
                for count in range(n_levels - middle):
                    total = forward[count, i] + backward[n_levels - 1 - middle - count, j]
                    if total + label[middle, j] < best:
                        best = total + label[middle, j]
            through[pair] = best
            pair += 1
    return through


@kernel
def trace_path(
    head: Integers,
    cost: Floats,
    first_arc: Integers,
    start_cost: Floats,
    backward: Floats,
) -> Integers:
    """Levels of one cheapest path, rising; the lowest start and the shortest arcs win ties."""
    n_levels, n = backward.shape
    path = np.empty(n_levels, dtype=np.int64)
    best = np.inf
    level = -1
    for candidate in range(n):
        total = start_cost[candidate] + backward[n_levels - 1, candidate]
        if total < best - 1e-12:
            best, level = total, candidate
    if level < 0:
        return path[:0]
    path[0] = level
    length = 1
    left = n_levels - 1
    while left > 0 and not (backward[0, level] <= backward[left, level]):
        target = backward[left, level]
        closest = np.inf
        following = -1
        for arc in range(first_arc[level], first_arc[level + 1]):
            error = abs(cost[arc] + backward[left - 1, head[arc]] - target)
            if error < closest - 1e-13:
                closest, following = error, head[arc]
        if following < 0:
            break
        level = following
        path[length] = level
        length += 1
        left -= 1
    return path[:length]


@kernel
def first_arcs(tail: Integers, n: int) -> Integers:
    """Index of the first arc of each tail (L+1,)."""
    first = np.zeros(n + 1, dtype=np.int64)
    for arc in range(tail.shape[0]):
        first[tail[arc] + 1] += 1
    for level in range(n):
        first[level + 1] += first[level]
    return first
