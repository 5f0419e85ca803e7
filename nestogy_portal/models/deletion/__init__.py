from . import nestogy_client_deletion
from . import res_partner_erase
