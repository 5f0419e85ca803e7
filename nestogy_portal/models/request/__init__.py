from . import nestogy_change_request
from . import nestogy_privacy_request
from . import res_partner_requests
from . import res_partner_merge
