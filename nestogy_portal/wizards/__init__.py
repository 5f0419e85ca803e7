from . import nestogy_portal_staff_link
