r"""The front of many level sets: the non-dominated part of a union of convex polylines.

Let ``F_A(e)`` be the least first measure that a level set ``A`` reaches with at most ``e`` of the
second: infinite below the least second measure of ``A``, convex and falling to its least first
measure, constant from there on. The front of a union is ``F(e) = min_A F_A(e)``, which may jump
down where a level set becomes possible, and need not be convex. It is kept as spans, pieces of
edges of curves on which ``F`` falls, by rising second measure. Where the next span begins lower at
the same second measure, the end of a span does not belong to the front.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from milpcore.site.inputs import Floats, Integers
from preprocess.jit import kernel

SAME = 1e-13
"""Values that differ by less than this share are one where two curves are compared."""


class Front(NamedTuple):
    """Spans of a front, by rising second and falling first measure.

    Attributes
    ----------
    spans : ndarray (S, 4)
        Second and first measure where a span begins, then where it ends; the second rises, the
        first falls, or it is a single point.
    origin : ndarray of int (S, 2)
        Number of the curve that a span belongs to, and of the edge on it.
    """

    spans: Floats
    origin: Integers


def empty_front() -> Front:
    """Return a front without points."""
    return Front(np.empty((0, 4)), np.empty((0, 2), dtype=np.int64))


def front_of(curve: Floats, number: int) -> Front:
    """Return a single curve as a front.

    Parameters
    ----------
    curve : ndarray (V, 2)
        Vertices by rising first measure.
    number : int
        Of the curve.

    Returns
    -------
    Front
        One span for each edge.
    """
    first, second = curve[::-1, 0], curve[::-1, 1]
    if first.size == 1:
        spans = np.array([[second[0], first[0], second[0], first[0]]])
    else:
        spans = np.column_stack((second[:-1], first[:-1], second[1:], first[1:]))
    edges = np.arange(len(spans))
    return Front(spans, np.column_stack((np.full(len(spans), number), edges)).astype(np.int64))


def merged(front: Front, other: Front) -> Front:
    """Return the lower of two fronts, the first one where they are equal."""
    if not len(front.spans):
        return other
    spans, origin, count = _merged(front.spans, front.origin, other.spans, other.origin)
    return Front(spans[:count], origin[:count])


@kernel
def value_at(spans: Floats, second: float, from_left: bool) -> float:
    """Least first measure with at most so much of the second, or with less (`from_left`)."""
    low, high = 0, spans.shape[0]
    while low < high:
        middle = (low + high) // 2
        begin = spans[middle, 0]
        if begin < second or (begin == second and not from_left):
            low = middle + 1
        else:
            high = middle
    if low == 0:
        return np.inf
    span = low - 1
    if second >= spans[span, 2]:
        return float(spans[span, 3])
    share = (second - spans[span, 0]) / (spans[span, 2] - spans[span, 0])
    return float(spans[span, 1] + share * (spans[span, 3] - spans[span, 1]))


@kernel
def _as_spans(curve: Floats, first_shift: float, second_shift: float) -> Floats:
    """Edges of a curve (V, 2), moved by the shifts, as spans (V-1, 4) or a single point (1, 4)."""
    n = curve.shape[0]
    own = np.empty((max(n - 1, 1), 4))
    for edge in range(own.shape[0]):
        begin, end = n - 1 - edge, max(n - 2 - edge, 0)
        own[edge, 0], own[edge, 1] = curve[begin, 1] + second_shift, curve[begin, 0] + first_shift
        own[edge, 2], own[edge, 3] = curve[end, 1] + second_shift, curve[end, 0] + first_shift
    return own


@kernel
def covers(curve: Floats, spans: Floats, first_shift: float, second_shift: float) -> bool:
    """Whether a curve reaches both ends of all spans, but for the shifts; it is convex."""
    own = _as_spans(curve, -first_shift, -second_shift)
    for span in range(spans.shape[0]):
        for side in range(0, 4, 2):
            if not value_at(own, spans[span, side], False) <= spans[span, side + 1]:
                return False
    return True


@kernel
def pokes_below(curve: Floats, spans: Floats, first_shift: float, second_shift: float) -> bool:
    """Whether a curve, moved up and to the right by the shifts, lies below a front somewhere.

    Both are compared where either of them bends: between two such places both are linear, and
    a front that jumps is highest just before it does.
    """
    own = _as_spans(curve, first_shift, second_shift)
    least = own[0, 0]
    if own[0, 1] < value_at(spans, least, False):
        return True
    for edge in range(own.shape[0]):
        if own[edge, 3] < value_at(spans, own[edge, 2], own[edge, 2] > least):
            return True
    for span in range(spans.shape[0]):
        for side in range(0, 4, 2):
            place = spans[span, side]
            if place > least and value_at(own, place, True) < value_at(spans, place, True):
                return True
    return False


@kernel
def highest_sum(
    spans: Floats, first_weight: float, second_weight: float, low: float, high: float
) -> float:
    """Largest weighted sum of a front over a range of the second measure, jumps included.

    Parameters
    ----------
    spans : ndarray (S, 4)
    first_weight, second_weight : float
    low, high : float
        Range of the second measure; the front has points at or below `low`.

    Returns
    -------
    float
    """
    best = first_weight * value_at(spans, low, False) + second_weight * low
    best = max(best, first_weight * value_at(spans, high, True) + second_weight * high)
    for span in range(spans.shape[0]):
        for side in range(0, 4, 2):
            place = spans[span, side]
            if low < place <= high:
                total = first_weight * value_at(spans, place, True) + second_weight * place
                best = max(best, total)
    return best


@kernel
def _last_begun(spans: Floats, second: float) -> int:
    """Last span that begins at or below a second measure, -1 for none."""
    last = -1
    for span in range(spans.shape[0]):
        if spans[span, 0] > second:
            break
        last = span
    return last


@kernel
def _merged(
    spans: Floats, origin: Integers, other: Floats, other_origin: Integers
) -> tuple[Floats, Integers, int]:
    """Spans and origin of the lower of two fronts, and their number."""
    places = np.unique(_places(spans, other))
    n = places.shape[0]
    result = np.empty((2 * n + 2, 4))
    result_origin = np.empty((2 * n + 2, 2), dtype=np.int64)
    count = 0
    for place in range(n):
        begin = places[place]
        is_last = place == n - 1
        end = begin if is_last else places[place + 1]
        ours, theirs = value_at(spans, begin, False), value_at(other, begin, False)
        ours_end, theirs_end = ours, theirs
        if not is_last:
            ours_end, theirs_end = value_at(spans, end, True), value_at(other, end, True)
        takes_other = ours == np.inf
        if ours < np.inf and theirs < np.inf:
            margin = SAME * (abs(ours) + abs(theirs))
            takes_other = theirs + theirs_end < ours + ours_end - 2.0 * margin
        source, numbers = (other, other_origin) if takes_other else (spans, origin)
        value, value_end = (theirs, theirs_end) if takes_other else (ours, ours_end)
        span = _last_begun(source, begin)
        if span < 0:
            continue
        falls = source[span, 2] > begin and not is_last
        if not falls:
            if count > 0 and value >= result[count - 1, 3] - SAME * abs(value):
                continue
            end, value_end = begin, value
        goes_on = (
            count > 0
            and falls
            and result_origin[count - 1, 0] == numbers[span, 0]
            and result_origin[count - 1, 1] == numbers[span, 1]
            and result[count - 1, 2] == begin
        )
        if goes_on:
            result[count - 1, 2], result[count - 1, 3] = end, value_end
            continue
        result[count, 0], result[count, 1] = begin, value
        result[count, 2], result[count, 3] = end, value_end
        result_origin[count] = numbers[span]
        count += 1
    return result, result_origin, count


@kernel
def _places(spans: Floats, other: Floats) -> Floats:
    """Second measures where either front bends, or where both cross."""
    bends = np.unique(np.concatenate((spans[:, 0], spans[:, 2], other[:, 0], other[:, 2])))
    n = bends.shape[0]
    places = np.empty(2 * n)
    count = 0
    for place in range(n):
        places[count] = bends[place]
        count += 1
        if place == n - 1:
            break
        low, high = bends[place], bends[place + 1]
        before = value_at(spans, low, False) - value_at(other, low, False)
        after = value_at(spans, high, True) - value_at(other, high, True)
        if abs(before) < np.inf and abs(after) < np.inf and before * after < 0.0:
            crossing = low + (high - low) * before / (before - after)
            if low < crossing < high:
                places[count] = crossing
                count += 1
    return places[:count]
