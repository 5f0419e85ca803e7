"""Deadlines of SLA clocks are no longer searched by: Odoo keeps an index that no field asks for, we drop it."""

from odoo.tools import sql


def migrate(cr, version):
    sql.drop_index(cr, "nestogy_sla_clock__deadline_at_index", "nestogy_sla_clock")
