from . import nestogy_ticket_complaint
from . import nestogy_ticket_merge
from . import nestogy_ticket_split
from . import nestogy_ticket_split_line
