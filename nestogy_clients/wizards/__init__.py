from . import nestogy_client_import
from . import nestogy_client_status_set
from . import nestogy_client_group_set
