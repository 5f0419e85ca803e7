from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL


class NestogyClientStateMixin(models.AbstractModel):
    """A document that tells its state in one word that clients understand.

    The word comes with the clock, so it is not kept. Who takes this on has a field ``client_state`` and says the order
    of questions twice: in Python for the record at hand (:meth:`_get_client_state`) and in SQL for finding, grouping
    and sorting (``_field_to_sql``); a test holds the two together.
    """

    _name = "nestogy.client.state.mixin"
    _description = "Document with a State in the Words of Clients"

    _client_state_sources = ()  # fields of which the state is made
    _client_state_tones = {}  # Bootstrap colour names by state

    @api.depends(lambda self: self._client_state_sources)
    def _compute_client_state(self):
        for document in self:
            document.client_state = document._get_client_state()

    def _search_client_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        words = tuple(each or "" for each in value)
        return Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "COALESCE(%s, '') IN %s", model._field_to_sql(alias, "client_state", query), words
            ),
            predicate=lambda document: (document.client_state or "") in words,
        )

    def _get_client_state(self):
        """:return: the key of the state, ``False`` for what no client gets"""
        raise NotImplementedError

    def _client_state(self):
        """The state in the words of clients, with the colour in which it is shown.

        :return: tuple of a text and a Bootstrap colour name
        """
        self.ensure_one()
        state = self._shown_client_state()
        # the field is not the client's, its words are
        labels = dict(self.sudo()._fields["client_state"]._description_selection(self.env))
        return labels.get(state, ""), self._client_state_tones.get(state, "secondary")

    def _shown_client_state(self):
        """The state that whoever is looking is told."""
        return self._get_client_state()
