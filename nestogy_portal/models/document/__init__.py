from . import nestogy_client_document
