from . import client_file, placeholders
