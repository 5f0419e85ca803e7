"""Portals that are older than the area of assets offer it like new ones."""

from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    env = api.Environment(cr, SUPERUSER_ID, {})
    env["nestogy.portal.profile"]._offer_area(env.ref("nestogy_portal.nestogy_portal_area_assets"))
