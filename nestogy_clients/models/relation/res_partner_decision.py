from odoo import fields, models

DECISION_ROLES = [
    ("decision_maker", "Decision Maker"),
    ("economic_buyer", "Economic Buyer"),
    ("champion", "Champion"),
    ("influencer", "Influencer"),
    ("user", "User"),
    ("gatekeeper", "Gatekeeper"),
    ("blocker", "Blocker"),
]


class ResPartner(models.Model):
    """The part that a person plays when the client decides."""

    _inherit = "res.partner"

    decision_role = fields.Selection(
        DECISION_ROLES,
        index="btree_not_null",
        copy=False,
        groups="base.group_user",
        help="Decision maker: says yes or no. Economic buyer: has the budget. Champion: speaks for us. Influencer: is"
        " listened to. User: works with it. Gatekeeper: decides whom you reach. Blocker: is against it.",
    )
