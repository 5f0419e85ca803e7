from . import nestogy_relation_kind
from . import nestogy_relation_phrase
from . import nestogy_relation
from . import res_partner_decision
from . import res_partner_relations
