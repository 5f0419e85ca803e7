"""What the cards of the profile and of the dashboard have in common."""

from functools import lru_cache

from babel.dates import format_date

CARD_ROWS = 5  # that a card shows of a list


def card_columns(**labels):
    """The heading of the rows of a card.

    :param labels: by the name of the cell below
    """
    return [{"name": name, "label": label} for name, label in labels.items()]


@lru_cache(maxsize=1000)
def month_label(day, language):
    """A month as charts write it, in the words of a language."""
    return format_date(day, "MMM yy", locale=language)


def kept(question):
    """Mark a question of a card (a method of a client that returns SQL) that is the same for all clients.

    Its SQL is made once a day for each user, language and companies, about a client that is not there, and kept; asked
    again it costs no more than its id. So it may say nothing of the client but its id, no time but ``_client_now()``
    and the day, and nothing that is read from the database before it is asked.
    """
    question.is_kept = True
    return question
