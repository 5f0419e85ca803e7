from . import nestogy_billed_mixin  # first: what inherits it is in other rooms, too
from . import account_move
from . import nestogy_client_group
from . import res_company_billing
from . import res_partner_billing
