from . import nestogy_dashboard_layout
