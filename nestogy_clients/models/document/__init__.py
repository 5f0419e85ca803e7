from . import nestogy_client_document_folder
from . import nestogy_client_document_tag
from . import nestogy_client_document
from . import nestogy_client_document_version
from . import nestogy_client_document_opening
from . import res_partner_documents
