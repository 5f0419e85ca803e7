from . import nestogy_portal_payable_mixin
from . import account_move
from . import sale_order
from . import payment_provider
from . import payment_transaction
from . import res_partner_statement
from . import res_partner_transactions
from . import res_partner_statement_schedule
