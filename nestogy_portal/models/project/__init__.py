from . import nestogy_portal_area_projects
from . import nestogy_client_document_projects
from . import project_project
from . import project_task
from . import project_milestone
from . import project_update
