from . import nestogy_sla_report
