from . import nestogy_client_import
