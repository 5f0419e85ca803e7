from . import helpdesk_ticket_touches
from . import nestogy_feedback_mixin_touches
from . import res_partner_touches
