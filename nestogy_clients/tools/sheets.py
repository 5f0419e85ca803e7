"""Cells for spreadsheets out of text that clients wrote."""

RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe_cell(value):
    """What a CSV file may hold: text that a spreadsheet would take for a formula becomes text for it, too."""
    if isinstance(value, str) and value.lstrip(" ").startswith(RISKY):
        return f"'{value}"
    return value
