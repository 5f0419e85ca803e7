from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools.sql import escape_psql

SEARCH_CHARACTERS = 100


class ProjectTask(models.Model):
    """A job as its client sees it: with its number, when and where it is done, on what, and what was used."""

    _inherit = "project.task"

    @api.model
    def _portal_filters(self):
        filters = super()._portal_filters()
        is_open = filters["open"]["domain"]
        planned = self._portal_own_domain(Domain("planned_start", ">=", fields.Datetime.now()))
        return {
            "open": filters["open"],
            "planned": {"label": self.env._("Planned"), "domain": is_open & planned},
            **{key: each for key, each in filters.items() if key != "open"},
        }

    @api.model
    def _portal_sortings(self):
        return super()._portal_sortings() | {"number": {"label": self.env._("Last logged"), "order": "id desc"}}

    @api.model
    def _portal_search_domain(self, search):
        """Find jobs by number, site and asset, too."""
        domain = super()._portal_search_domain(search)
        words = " ".join(str(search or "").replace("\x00", "").split())[:SEARCH_CHARACTERS]
        if not words:
            return domain
        found = Domain("job_number", "ilike", escape_psql(words)) | Domain("site_id.name", "ilike", escape_psql(words))
        if assets := self._portal_assets(Domain("name", "ilike", escape_psql(words))):
            found |= Domain("equipment_id", "in", assets.ids)
        return domain | self._portal_own_domain(found)

    @api.model
    def _portal_own_domain(self, domain):
        """A domain on fields of ours, for whoever may not read them; which jobs are found say his own rights."""
        return Domain("id", "in", self.sudo()._search(domain))  # as said

    def _portal_assets(self, domain):
        """The assets that the visitor sees."""
        assets = self.env["maintenance.equipment"]
        if self.env.user._portal_scope("assets") == "none" or not assets.has_access("read"):
            return assets
        return assets.search(domain)

    def _portal_rows(self):
        rows = super()._portal_rows()
        # what our own fields say of jobs that the visitor sees
        tasks_sudo = self.sudo()
        assets = self._portal_assets(Domain("id", "in", tasks_sudo.equipment_id.ids))
        materials = tasks_sudo._portal_materials()
        for row, task_sudo in zip(rows, tasks_sudo, strict=True):
            asset_sudo = task_sudo.equipment_id
            row |= {
                "number": task_sudo.job_number or "",
                "planned_start": task_sudo.planned_start,
                "planned_end": task_sudo.planned_end,
                "closed_at": task_sudo.closed_at,
                "site": task_sudo._portal_site(),
                "asset": asset_sudo.name if asset_sudo.id in assets.ids else "",
                "asset_url": f"/my/assets/{asset_sudo.id}" if asset_sudo.id in assets.ids else "",
                "contact": task_sudo.contact_id.name or row["contact"],
                "materials": materials.get(task_sudo.id, []),
            }
        return rows

    def _portal_site(self):
        """Where the job is done, in one line. Call it in sudo."""
        site_sudo = self.site_id
        if not site_sudo:
            return ""
        place = ", ".join(part for part in (site_sudo.street, site_sudo.city) if part)
        name = site_sudo.name if site_sudo != self.client_id else ""
        return " · ".join(part for part in (name, place) if part)

    def _portal_materials(self):
        """What was used on jobs whose projects show it; prices of what the client pays, never costs. Call it in sudo.

        :return: dict of task id to list of dicts
        """
        found = {}
        shown = self.filtered("project_id.portal_show_materials")
        for material in self.env["nestogy.job.material"].search([("task_id", "in", shown.ids)]):
            found.setdefault(material.task_id.id, []).append(
                {
                    "name": material.name,
                    "quantity": material.quantity,
                    "unit": material.uom_id.name or "",
                    "amount": material.price_subtotal if material.is_billable else None,
                    "currency": material.currency_id,
                }
            )
        return found
