"""How lively a relation is: the arithmetic of points that fade, without a database."""

import math

LOOKBACK = 10  # half-lives after which a touch has less than a thousandth of its weight left and is not looked at


def days_at_least(points, threshold, half_life):
    """How long a score stays at or above a threshold when nothing new happens.

    The score is what is left of the points, at most 100, rounded to a tenth.

    :param float points: the points of today, also above 100
    :param float threshold: above 0, at most 100
    :param int half_life: days in which points fade to a half
    :return: number of days after today on which the score is below the threshold for the first time; 0 when it is
        below today
    """
    least = threshold - 0.05  # what rounds up to the threshold
    if points < least:
        return 0
    return math.floor(half_life * math.log2(points / least)) + 1
