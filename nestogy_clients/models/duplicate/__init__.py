from . import nestogy_client_duplicate
from . import nestogy_client_duplicate_scan
from . import res_partner_duplicates
