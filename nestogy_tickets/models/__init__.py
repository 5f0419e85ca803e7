from . import helpdesk_ticket
from . import helpdesk_ticket_mail
from . import helpdesk_ticket_portal
from . import helpdesk_ticket_private
from . import mail_thread
from . import nestogy_client_mail_template
from . import nestogy_portal_area
from . import res_partner_tickets
