from . import contract_contract
from . import contract_modification
from . import maintenance_equipment
from . import nestogy_portal_area_services
from . import res_users_services
