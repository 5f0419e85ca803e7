from . import nestogy_custom_field
from . import nestogy_custom_field_option
from . import nestogy_custom_field_deleted
from . import properties_base_definition
from . import res_partner_custom_fields
