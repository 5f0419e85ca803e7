from . import nestogy_client_bulk
from . import nestogy_client_bulk_line
from . import res_partner_bulk
from . import res_partner_bulk_email
