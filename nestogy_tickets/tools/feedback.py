"""Answers of clients about us: their figures, and the secrets of the links by which they are asked."""

import base64
import hashlib
import hmac
import math

LEAST_RATINGS = 5  # below these a figure says nothing
LEAST_NPS = 10
COMMENT_CHARACTERS = 2_000
SATISFIED_GRADE = 4  # of five
BAD_GRADE = 2
PROMOTER_SCORE = 9  # of ten
DETRACTOR_SCORE = 6
NINETY_FIVE = 1.96  # standard deviations of which 95 % of a normal distribution are within


def link_token(secret, model, number, stamp):
    """The secret of one question's link, 256 bit that nobody can guess who has not the server's own secret.

    It is computed when the mail leaves, so that it is stored nowhere; its digest is kept.

    :param str stamp: when the question was sent, so that no two of a record are the same
    """
    message = f"nestogy feedback {model} {number} {stamp}".encode()
    return base64.urlsafe_b64encode(hmac.digest(secret.encode(), message, hashlib.sha256)).decode().rstrip("=")


def csat(satisfied, answers):
    """Share of the satisfied among those who answered.

    :return: percent, ``None`` when there are too few answers
    """
    return 100 * satisfied / answers if answers >= LEAST_RATINGS else None


def nps(promoters, detractors, answers):
    """Net promoter score: percent of promoters less percent of detractors.

    :return: -100 to 100, ``None`` when there are too few answers
    """
    return 100 * (promoters - detractors) / answers if answers >= LEAST_NPS else None


def nps_margin(promoters, detractors, answers):
    """How far the score may be off by chance, with 95 % confidence, each way.

    Each answer counts as 1, 0 or -1; this is the standard error of their mean.

    :return: points, ``None`` when there are too few answers
    """
    if answers < LEAST_NPS:
        return None
    mean = (promoters - detractors) / answers
    variance = (promoters + detractors) / answers - mean**2
    return 100 * NINETY_FIVE * math.sqrt(max(variance, 0) / answers)


def csat_margin(satisfied, answers):
    """How far the share of the satisfied may be off by chance, with 95 % confidence, each way (Wilson).

    :return: points, ``None`` when there are too few answers
    """
    if answers < LEAST_RATINGS:
        return None
    share, square = satisfied / answers, NINETY_FIVE**2
    spread = math.sqrt(share * (1 - share) / answers + square / (4 * answers**2))
    return 100 * NINETY_FIVE * spread / (1 + square / answers)


def nps_group(score):
    """What a score from 0 to 10 makes of its giver: ``promoter``, ``passive`` or ``detractor``."""
    if score >= PROMOTER_SCORE:
        return "promoter"
    return "detractor" if score <= DETRACTOR_SCORE else "passive"
