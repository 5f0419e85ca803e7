from . import nestogy_ticket_complaint
from . import nestogy_ticket_merge
from . import nestogy_ticket_split
from . import nestogy_ticket_split_line
from . import mail_compose_message
from . import nestogy_ticket_macro_run
from . import nestogy_ticket_invoice
from . import nestogy_mail_decision
