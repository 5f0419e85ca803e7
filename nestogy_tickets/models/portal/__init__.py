from . import helpdesk_ticket_portal
from . import nestogy_portal_area
from . import res_users
