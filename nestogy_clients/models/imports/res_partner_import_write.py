from odoo import api, fields, models
from odoo.fields import Command
from odoo.tools import email_normalize

from ...tools.custom_values import is_empty
from ...tools.import_columns import ADDRESS

# columns whose field has another name
FIELDS = {
    "client_status_id": "status",
    "client_group_id": "group",
    "industry_id": "industry",
    "user_id": "manager",
    "client_number": "number",
    "comment": "notes",
    "country_id": "country",
    "state_id": "state",
}
ADDRESS_FIELDS = tuple({"country": "country_id", "state": "state_id"}.get(part, part) for part in ADDRESS)
# what of new contacts and addresses is looked at before they are taken back
PERSON = ("name", "function", "department", "email", "phone", "comment", "phone_number_ids")
PLACE = ("street", "zip", "city")  # unless it follows that of the client
PREFIXES = {"invoice": "billing_", "delivery": "delivery_"}


class ResPartner(models.Model):
    """Many rows of a file become clients with one ``create`` for all clients and one for all that is below them."""

    _inherit = "res.partner"

    @api.model
    def _import_partners(self, source):
        """Partners as an import writes them: the log is written in one go afterwards.

        :param str source: where they come from, as the reason of changes of status
        """
        return self.with_context(
            active_test=False,
            tracking_disable=True,
            mail_auto_subscribe_no_notify=True,
            client_status_reason=source,
        )

    @api.model
    def _import_tags(self, datas):
        """The ids of the tags of rows by name in lower case; those that are new are created at once.

        :return: tuple of dict and the new tags
        """
        names = {name.lower(): name for data in reversed(datas) for name in data["tags"]}
        tags = self.env["res.partner.category"]
        if not names:
            return {}, tags
        known = {tag.name.strip().lower(): tag.id for tag in tags.with_context(active_test=False).search([])}
        new = tags.create([{"name": name} for key, name in names.items() if key not in known])
        return known | {tag.name.lower(): tag.id for tag in new}, new

    @api.model
    def _import_create_by_orm(self, datas, tags):
        """Create clients as everybody does; see ``_import_create``."""
        status = self.env["nestogy.client.status"]._get_default().id
        vals_list = []
        for data in datas:
            vals = {"is_company": True, "client_status_id": status, "client_number": data.get("number")} | data["vals"]
            if data["custom"]:
                vals["client_fields"] = data["custom"]
            if data["tags"]:
                vals["category_id"] = [Command.set([tags[name.lower()] for name in data["tags"]])]
            vals_list.append(vals)
        # they have no parent from whom core would take anything over
        clients = self.with_context(_partners_skip_fields_sync=True).create(vals_list).with_env(self.env)
        below = self._import_create_below(
            [(client, data["contacts"], data["addresses"], {}) for client, data in zip(clients, datas, strict=True)]
        )
        self._import_create_numbers([(client, data["numbers"]) for client, data in zip(clients, datas, strict=True)])
        clients._message_log_batch(bodies={client.id: data["log"] for client, data in zip(clients, datas, strict=True)})
        outcomes = []
        for client, data in zip(clients, datas, strict=True):
            people = below.get(client.id, [])
            after = {str(client.id): client._import_keep(self._import_kept_of(data["vals"]))}
            after |= self.browse(people)._import_keep_people()
            outcomes.append((client.id, [client.id, *people], after))
        return outcomes

    @api.model
    def _import_kept_of(self, vals):
        """What of a new client is looked at before it is taken back."""
        return [*vals, *({"client_fields", "category_id", "phone_number_ids", "name", "client_status_id"} - set(vals))]

    @api.model
    def _import_kept_of_person(self):
        return PERSON

    def _import_keep_people(self):
        """What of new contacts and addresses is looked at before they are taken back."""
        return {
            str(person.id): person._import_keep(
                PERSON if person.type == "contact" and not person.use_own_address else PERSON + PLACE
            )
            for person in self
        }

    @api.model
    def _import_create_below(self, families):
        """Create contacts and addresses, all at once; what core takes over from the client is given at once, too.

        :param list families: of client, contacts (see ``_read_import_contact``), addresses by type, and an address of
            their own that the contacts have
        :return: dict of client id to the ids of what was made
        """
        vals_list, numbers, owners = [], [], []
        synced = [name for name in self._commercial_fields() if not self._fields[name].company_dependent]
        for client, contacts, addresses, own_address in families:
            if not contacts and not addresses:
                continue
            shared = client._convert_fields_to_values([name for name in synced if client[name]])
            shared = {name: value for name, value in shared.items() if not self._fields[name].groups}
            if client.lang:  # core would compute it with a write for each
                shared["lang"] = client.lang
            address = own_address or client._get_address_values()
            for contact in contacts:
                vals_list.append(shared | address | contact["vals"] | {"parent_id": client.id})
                numbers.append(contact["numbers"])
                owners.append(client)
            for kind, parts in addresses.items():
                vals_list.append(shared | parts | {"type": kind, "parent_id": client.id})
                numbers.append([])
                owners.append(client)
        if not vals_list:
            return {}
        people = self.with_context(_partners_skip_fields_sync=True).create(vals_list).with_env(self.env)
        self._import_sync_commercial(people, owners)
        self._import_create_numbers(list(zip(people, numbers, strict=True)))
        made = {}
        for person, client in zip(people, owners, strict=True):
            made.setdefault(client.id, []).append(person.id)
        return made

    @api.model
    def _import_sync_commercial(self, people, owners):
        """What belongs to a client as a whole holds for its people, also what the user may not see."""
        names = self._commercial_fields()
        changes = {}
        # core does this in the name of nobody, too
        for person_sudo, client_sudo in zip(people.sudo(), (owner.sudo() for owner in owners), strict=True):
            differs = [name for name in names if client_sudo[name] and person_sudo[name] != client_sudo[name]]
            if differs:
                changes.setdefault((client_sudo, tuple(differs)), people.browse().sudo())  # as above
                changes[client_sudo, tuple(differs)] |= person_sudo
        for (client_sudo, differs), mine_sudo in changes.items():
            mine_sudo.write(client_sudo._convert_fields_to_values(differs))

    @api.model
    def _import_create_numbers(self, pairs):
        """Add numbers beside the main one: of each partner a list of kind, number, extension and digits.

        :return: phone numbers
        """
        return self.env["nestogy.phone.number"].create(
            [
                {"partner_id": partner.id, "kind": kind, "number": number}
                | ({"extension": extension} if extension else {})
                for partner, numbers in pairs
                for kind, number, extension, _digits in numbers
            ]
        )

    # ------------------------------------------------------------------
    # Clients that are there already
    # ------------------------------------------------------------------

    @api.model
    def _import_update(self, jobs, policies, tags):
        """Bring rows into clients that are there already, each client once.

        :param list jobs: of client, data of the row, and whether only its people count
        :param dict policies: ``overwrite`` or ``fill`` by column
        :param dict tags: ids by name in lower case
        :return: list of (made ids, before, after), as the undo needs them
        """
        clients = self.browse([client.id for client, _data, _is_person in jobs])
        jobs = [(client, data, is_person) for client, (_client, data, is_person) in zip(clients, jobs, strict=True)]
        families, numbers, notes = [], [], []
        for client, data, is_person in jobs:
            note = {}
            notes.append(note)
            if client.country_id and "country_id" not in data["vals"]:
                self._read_import_numbers_again(data, client.country_id)
            own_address = {}
            if is_person:
                own_address = self._import_own_address(client, data)
                if data["vals"].get("comment") and data["contacts"]:
                    data["contacts"][0]["vals"]["comment"] = data["vals"]["comment"]
            else:
                self._import_update_client(client, data, policies, tags, note)
                numbers.append((client, self._import_new_numbers(client, data["numbers"], "", policies)))
            contacts = []
            for contact in data["contacts"]:
                person = self._import_known_contact(client, contact)
                if not person:
                    contacts.append(contact | {"vals": contact["vals"] | own_address})
                    continue
                prefix = contact["prefix"]
                columns = {name: prefix + name for name in contact["vals"]}
                vals = contact["vals"] | (own_address if not person.use_own_address else {})
                if own_address and person.use_own_address:
                    vals |= own_address
                vals.pop("type")
                self._import_write(person, vals, columns, policies, note)
                numbers.append((person, self._import_new_numbers(person, contact["numbers"], prefix, policies)))
            addresses = {}
            for kind, parts in data["addresses"].items() if not is_person else ():
                place = client.child_ids.filtered(lambda each, kind=kind: each.type == kind and each.active)[:1]
                if place:
                    columns = {name: PREFIXES[kind] + FIELDS.get(name, name) for name in parts}
                    self._import_write(place, parts, columns, policies, note)
                else:
                    addresses[kind] = parts
            families.append((client, contacts, addresses, own_address))
        made = self._import_create_below(families)
        new_numbers = self._import_create_numbers(numbers)
        by_partner = {}
        for number in new_numbers:
            by_partner.setdefault(number.partner_id.id, []).append(number.id)
        owners = {}
        for (client, _data, _is_person), note in zip(jobs, notes, strict=True):
            owners[client.id] = note
        for partner_id, ids in by_partner.items():
            partner = self.browse(partner_id)
            note = owners[partner_id if partner_id in owners else partner.parent_id.id]
            note.setdefault(partner_id, ({}, {}))
            note[partner_id][0]["phone_number_ids"], note[partner_id][1]["phone_number_ids"] = [], sorted(ids)
        return [
            (
                made.get(client.id, []),
                {str(key): before for key, (before, _after) in note.items()},
                {str(key): after for key, (_before, after) in note.items()},
            )
            for (client, _data, _is_person), note in zip(jobs, notes, strict=True)
        ]

    @api.model
    def _import_own_address(self, client, data):
        """The address of a person when it is another one than that of the company."""
        address = {name: value for name, value in data["vals"].items() if name in ADDRESS_FIELDS}
        if not address or all(client._import_raw(name) == value for name, value in address.items()):
            return {}
        return address | {"use_own_address": True}

    @api.model
    def _import_known_contact(self, client, contact):
        """The contact of the client that a row means: with the same e-mail, else with the same name."""
        people = client.child_ids.filtered(lambda each: each.type == "contact")
        email = email_normalize(contact["vals"].get("email") or "")
        name = " ".join(contact["vals"]["name"].split()).lower()
        same_name = people.filtered(lambda each: " ".join((each.name or "").split()).lower() == name)
        if email:
            same_email = people.filtered(lambda each: each.email_normalized == email)
            # two people may share a mailbox; somebody of the same name with another address is another one
            same_name = same_name.filtered(lambda each: not each.email_normalized or each in same_email)
            return (same_email & same_name)[:1] or (same_email[:1] if len(same_email) == 1 else same_name[:1])
        return same_name[:1]

    @api.model
    def _import_new_numbers(self, partner, numbers, prefix, policies):
        """Those numbers that the partner lacks; none that would stand beside another one of its kind when the column
        only fills what is empty."""
        known = partner.phone_number_ids
        return [
            (kind, number, extension, digits)
            for kind, number, extension, digits in numbers
            if digits not in known.mapped("digits")
            and (policies.get(prefix + kind) != "fill" or kind not in known.mapped("kind"))
        ]

    @api.model
    def _import_update_client(self, client, data, policies, tags, note):
        columns = {name: FIELDS.get(name, name) for name in data["vals"]}
        vals = dict(data["vals"])
        if data["custom"]:
            catalogue = {field.key: field.name for field in self.env["nestogy.custom.field"]._catalogue()}
            stored = client._client_field_values()
            custom = {
                key: value
                for key, value in data["custom"].items()
                if stored.get(key) != value and (policies.get(catalogue[key]) != "fill" or is_empty(stored.get(key)))
            }
            if custom:
                vals["client_fields"] = custom
        if data["tags"] and (policies.get("tags") != "fill" or not client.category_id):
            new = [each for name in data["tags"] if (each := tags[name.lower()]) not in client.category_id._ids]
            if new:
                vals["category_id"] = [Command.link(each) for each in new]
        self._import_write(client, vals, columns, policies, note)

    @api.model
    def _import_write(self, partner, vals, columns, policies, note):
        """Write what is new, and keep what was before.

        :param dict columns: column of each field, whose policy says whether it only fills what is empty
        :param dict note: gets a tuple of before and after by id of the partner
        """
        written = {}
        for name, value in vals.items():
            if name in ("client_fields", "category_id"):
                written[name] = value
                continue
            now = partner._import_raw(name)
            if (now or False) == (value or False):
                continue
            if policies.get(columns.get(name)) == "fill" and not is_empty(now):
                continue
            written[name] = value
        if not written:
            return
        chosen = {
            "client_fields": list(written.get("client_fields", ())),
            "category_id": [each[1] for each in written.get("category_id", ())],
        }
        before = partner._import_keep(written, chosen)
        partner.write(written)
        after = partner._import_keep(written, chosen)
        changed = {name for name in after if before[name] != after[name]}
        former = note.get(partner.id, ({}, {}))
        note[partner.id] = (
            {name: before[name] for name in changed} | former[0],
            former[1] | {name: after[name] for name in changed},
        )

    def _import_raw(self, name):
        """What stands in a field, as a row would write it."""
        field, value = self._fields[name], self[name]
        if field.type == "many2one":
            return value.id
        return str(value) if field.type == "html" and value else value

    def _import_keep(self, names, chosen=None):
        """What stands in these fields, as it can be stored; of tags and custom fields only those that are chosen.

        :param names: of fields
        :param dict chosen: ids of tags, keys of custom fields; all when it is empty
        """
        self.ensure_one()
        kept = {}
        for name in names:
            field = self._fields[name]
            if name == "client_fields":
                values = self._client_field_values()
                keys = chosen[name] if chosen else values
                kept[name] = {key: value for key in keys if not is_empty(value := values.get(key))}
            elif field.type in ("many2many", "one2many"):
                ids = self[name].ids
                kept[name] = sorted(ids if chosen is None else set(ids).intersection(chosen.get(name, ids)))
            elif field.type == "date":
                kept[name] = fields.Date.to_string(self[name]) or False
            else:
                kept[name] = self._import_raw(name)
        return kept
