"""What the cards of the profile and of the dashboard have in common."""

CARD_ROWS = 5  # that a card shows of a list


def card_columns(**labels):
    """The heading of the rows of a card.

    :param labels: by the name of the cell below
    """
    return [{"name": name, "label": label} for name, label in labels.items()]
