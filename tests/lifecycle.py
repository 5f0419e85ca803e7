"""Runs in a process of its own, on a database with data: updates our addons twice, uninstalls them in turn.

Arguments: configuration, database, names of our addons from the lowest to the highest.
"""

import sys

from odoo import SUPERUSER_ID, Command, fields
from odoo.api import Environment
from odoo.modules.registry import Registry
from odoo.tools import config


def make_data(env):
    """What a firm has: a client with a contact, a posted invoice, a ticket, and what was said and is known of them."""
    status = env["nestogy.client.status"].search([("is_open", "=", True)], limit=1)
    client = env["res.partner"].create({"name": "Kept Client", "is_company": True, "client_status_id": status.id})
    contact = env["res.partner"].create({"name": "Ann", "parent_id": client.id, "email": "ann@kept.example"})
    line = Command.create({"name": "Work", "price_unit": 10.0, "tax_ids": False})
    values = {"move_type": "out_invoice", "partner_id": client.id, "invoice_date": fields.Date.today()}
    invoice = env["account.move"].create({**values, "invoice_line_ids": [line]})
    invoice.action_post()
    ticket = env["helpdesk.ticket"].create(
        {"name": "Kept Ticket", "description": "<p>Broken</p>", "partner_id": contact.id}
    )
    env["nestogy.communication"].create(
        {"name": "Call", "kind": "call", "direction": "in", "client_id": client.id, "contact_id": contact.id}
        | {"res_model": ticket._name, "res_id": ticket.id}
    )
    kind = env.ref("nestogy_clients.nestogy_relation_kind_reports_to")
    boss = env["res.partner"].create({"name": "Bob", "parent_id": client.id})
    env["nestogy.relation"].create({"left_partner_id": contact.id, "kind_id": kind.id, "right_partner_id": boss.id})
    env["res.partner"]._refresh_engagement(client.ids)
    env["nestogy.communication"].sudo()._fill_progress()
    return [client, contact, invoice, ticket, boss]


def left_behind(env, name):
    """:return: what an uninstalled addon forgot in the database"""
    found = env["ir.model.data"].search([("module", "=", name)]).mapped("complete_name")
    env.cr.execute("SELECT code FROM ir_act_server WHERE code LIKE %s", [f"%{name}%"])
    found += [row[0] for row in env.cr.fetchall()]
    return found + env["ir.config_parameter"].search([("key", "=like", f"{name}.%")]).mapped("key")


def main(conf, database, *names):
    config.parse_config(["-c", conf, "-d", database, "--no-http", "--logfile="], setup_logging=True)
    with Registry(database).cursor() as cr:
        kept = [(record._name, record.id) for record in make_data(Environment(cr, SUPERUSER_ID, {}))]
    for _time in range(2):
        Registry.new(database, update_module=True, upgrade_modules=names)
    for name in reversed(names):
        with Registry(database).cursor() as cr:
            module = Environment(cr, SUPERUSER_ID, {})["ir.module.module"].search([("name", "=", name)])
            module.button_immediate_uninstall()
        with Registry(database).cursor() as cr:
            env = Environment(cr, SUPERUSER_ID, {})
            state = env["ir.module.module"].search([("name", "=", name)]).state
            assert state == "uninstalled", f"{name} is {state}"
            assert not left_behind(env, name), f"{name} left {left_behind(env, name)}"
    with Registry(database).cursor() as cr:
        env = Environment(cr, SUPERUSER_ID, {})
        for model, number in kept:
            assert env[model].browse(number).exists(), f"{model} {number} is gone"
        env.cr.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE %s", [r"nestogy\_%"])
        tables = [row[0] for row in env.cr.fetchall()]
        assert not tables, f"tables left: {tables}"


if __name__ == "__main__":
    main(*sys.argv[1:])
