from . import account_move
from . import helpdesk_ticket_portal
from . import helpdesk_ticket_portal_deeds
from . import nestogy_portal_area
from . import res_partner_priority
from . import res_users
