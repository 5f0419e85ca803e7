from . import nestogy_client_transaction
