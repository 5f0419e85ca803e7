from . import nestogy_portal_access_log_touches
from . import nestogy_conversation_touches
from . import res_partner_touches
