from . import helpdesk_ticket
from . import helpdesk_ticket_private
from . import helpdesk_ticket_stage
from . import helpdesk_ticket_asset
from . import maintenance_equipment
from . import nestogy_conversation
from . import res_partner_tickets
