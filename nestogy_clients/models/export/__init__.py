from . import res_partner_columns
from . import res_partner_rows
from . import nestogy_client_export
from . import nestogy_client_export_template
