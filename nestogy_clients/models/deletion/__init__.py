from . import res_partner_erase_rows
from . import res_partner_erase_columns
from . import res_partner_erase_texts
from . import res_partner_erase_people
from . import res_partner_erase
from . import res_partner_delete
from . import nestogy_client_deletion
from . import nestogy_client_deletion_line
