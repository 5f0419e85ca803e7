"""Portals that are older than the page of meetings and of what was shared offer it like new ones."""

from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    env = api.Environment(cr, SUPERUSER_ID, {})
    env["nestogy.portal.profile"]._offer_area(env.ref("nestogy_portal.nestogy_portal_area_communication"))
