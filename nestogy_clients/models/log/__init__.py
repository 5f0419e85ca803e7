from . import nestogy_communication
