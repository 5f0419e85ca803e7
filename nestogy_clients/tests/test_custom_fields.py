import base64
import json

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged, users
from odoo.tools import mute_logger

from .common import ClientsCase

STATUS = "nestogy_clients.nestogy_client_status"


class CustomFieldsCase(ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # demo fields of the database are no part of the tests
        cls.env["nestogy.custom.field"].with_context(active_test=False).search([]).unlink()
        cls.env["nestogy.custom.field.deleted"].search([]).unlink()
        cls.make_user("cf_agent", "agent")
        manager = cls.make_user("cf_manager", "manager")
        manager.group_ids += cls.env.ref("base.group_allow_export")

    @classmethod
    def make_field(cls, name, kind="char", options=(), **values):
        """Make a custom field; options are labels."""
        values["option_ids"] = [Command.create({"name": label, "sequence": n}) for n, label in enumerate(options)]
        return cls.env["nestogy.custom.field"].create({"name": name, "kind": kind, **values})

    # the makers are those of the class, with all rights; these are with the rights of the test's user

    def field(self, name, kind="char", options=(), **values):
        values["option_ids"] = [Command.create({"name": label, "sequence": n}) for n, label in enumerate(options)]
        return self.env["nestogy.custom.field"].create({"name": name, "kind": kind, **values})

    def client(self, name="Acme", **values):
        values.setdefault("client_status_id", self.env.ref(f"{STATUS}_active").id)
        return self.env["res.partner"].create({"name": name, "is_company": True, **values})

    def contact(self, client, name="Ann", **values):
        return self.env["res.partner"].create({"name": name, "parent_id": client.id, "type": "contact", **values})

    def values_of(self, partner):
        """What is stored, hidden values too."""
        self.env.flush_all()
        self.env.cr.execute("SELECT client_fields FROM res_partner WHERE id = %s", [partner.id])
        return self.env.cr.fetchone()[0] or {}


@tagged("post_install", "-at_install")
class TestCustomFieldSettings(CustomFieldsCase):
    def definition(self):
        return self.env["res.partner"]._client_fields_definition().properties_definition

    @users("cf_manager")
    def test_all_types_reach_the_definition_in_sections(self):
        self.field("Plain", sequence=1)
        self.field("Remarks", "text", section="Visits", sequence=2)
        self.field("Count", "integer", section="Technical", sequence=3, default_value="5")
        self.field("Ratio", "float", section="Visits", sequence=4)
        self.field("Fee", "monetary", sequence=5)
        self.field("Day", "date", sequence=6)
        self.field("Moment", "datetime", sequence=7)
        self.field("Alarm", "boolean", sequence=8, default_value="yes")
        self.field("Tier", "choice", ["Gold", "Silver"], sequence=9, default_value="Silver")
        self.field("Days", "choices", ["Monday", "Friday"], sequence=10)
        self.field("Systems", "tags", sequence=11)
        self.field("Engineer", "link", comodel="res.users", sequence=12)
        self.assertEqual(
            [(each["type"], each["string"]) for each in self.definition()],
            [
                ("char", "Plain"),
                ("monetary", "Fee"),
                ("date", "Day"),
                ("datetime", "Moment"),
                ("boolean", "Alarm"),
                ("selection", "Tier"),
                ("tags", "Days"),
                ("tags", "Systems"),
                ("many2one", "Engineer"),
                ("separator", "Visits"),
                ("text", "Remarks"),
                ("float", "Ratio"),
                ("separator", "Technical"),
                ("integer", "Count"),
            ],
        )
        by_key = {each["name"]: each for each in self.definition()}
        self.assertEqual(by_key["count"]["default"], 5)
        self.assertIs(by_key["alarm"]["default"], True)
        self.assertEqual(
            (by_key["tier"]["default"], by_key["tier"]["selection"]),
            ("silver", [["gold", "Gold"], ["silver", "Silver"]]),
        )
        self.assertEqual(by_key["days"]["tags"], [["monday", "Monday", 1], ["friday", "Friday", 1]])
        self.assertEqual(by_key["engineer"]["comodel"], "res.users")

    @users("cf_manager")
    def test_keys_are_made_once_and_stay(self):
        field = self.field("Größe (cm)")
        self.assertEqual(field.key, "groe_cm")
        field.name = "Height"
        self.assertEqual(field.key, "groe_cm")
        with self.assertRefused(UserError, "The key of a custom field never changes"):
            field.key = "height"
        field.name = "Height (cm)"
        self.assertEqual(self.field("GROE-cm").key, "groe_cm_2")
        # words of the ORM, endings that mean HTML, names without a Latin letter, keys from outside
        self.assertEqual(self.field("Id").key, "field_id")
        self.assertEqual(self.field("Welcome html").key, "field_welcome")
        self.assertEqual(self.field("Имя").key, "field")
        self.assertEqual(self.field("3rd party").key, "field_3rd_party")
        self.assertEqual(self.field("Chosen", key="evil_html").key, "chosen")

    @users("cf_manager")
    def test_labels_are_plain_text(self):
        field = self.field("<b>{{ object.env }}</b>", section="<script>", help="{% x %}")
        self.assertEqual(self.definition()[1]["string"], "<b>{{ object.env }}</b>")
        self.assertEqual(self.definition()[0], {"name": "section_0_", "string": "<script>", "type": "separator"})
        self.assertEqual(field.key, "b_object_env_b")
        for label in ("=1+1", "+1", "-1", "@SUM(A1)", "＝1"):
            with self.assertRefused(ValidationError, "A label begins with a letter or a digit"):
                self.field(label)
        for label in (" blank", "line\nbreak", "a" * 101):
            with self.assertRefused(ValidationError, "one to 100 printable characters"):
                self.field(label)
        for label in ("Name", "email", "contact1_name", "Contact1 name"):
            with self.assertRefused(ValidationError, "is a column of client imports already"):
                self.field(label)
        with self.assertRefused(ValidationError, "at most 500 characters"):
            self.field("Good", help="a" * 501)

    @users("cf_manager")
    def test_a_label_is_there_once(self):
        from psycopg2 import IntegrityError

        field = self.field("Support tier")
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.field("SUPPORT TIER")
        field.active = False
        self.assertEqual(self.field("Support tier").key, "support_tier_2")

    @users("cf_manager")
    def test_what_makes_no_sense_is_refused(self):
        for values, message in (
            ({"kind": "link"}, "Say what “A” links to"),
            ({"kind": "link", "comodel": "ir.config_parameter"}, "Say what “A” links to"),
            ({"kind": "choice"}, "“A” needs at least one option"),
            ({"kind": "boolean", "required": True}, "it cannot be required"),
            ({"kind": "link", "comodel": "res.users", "portal": "write"}, "not editable"),
            ({"kind": "link", "comodel": "res.users", "default_value": "Bob"}, "A link has no default"),
            (
                {"kind": "integer", "default_value": "many"},
                "The default of “A” does not fit: “many” is no whole number",
            ),
            ({"kind": "choice", "options": ["X"], "default_value": "Y"}, "“Y” is not one of the options"),
            ({"kind": "choice", "options": ["X, Y"]}, "An option has no comma"),
            ({"kind": "choice", "options": ["=cmd"]}, "A label begins with a letter"),
        ):
            with self.assertRefused(ValidationError, message):
                self.field("A", **values)
        self.assertEqual(self.definition(), [])

    @users("cf_manager")
    def test_there_are_at_most_200_fields(self):
        self.env["nestogy.custom.field"].create([{"name": f"Field {n}"} for n in range(200)])
        self.assertEqual(len(self.definition()), 200)
        with self.assertRefused(UserError, "There are at most 200 custom fields"):
            self.field("One more")

    @users("cf_manager")
    def test_a_type_stays_while_there_are_values(self):
        field = self.field("Rooms", "integer")
        field.kind = "char"
        field.kind = "integer"
        client = self.client(client_fields={"rooms": 4})
        with self.assertRefused(UserError, "“Rooms” has values in 1 records, so its type stays"):
            field.kind = "date"
        field.kind = "float"
        self.assertEqual(client.client_fields["rooms"], 4)

    @users("cf_manager")
    def test_options_keep_their_key_and_go_only_when_unused(self):
        field = self.field("Tier", "choice", ["Gold", "Silver"])
        gold, silver = field.option_ids
        client = self.client(client_fields={"tier": "gold"})
        gold.name = "Platinum"
        self.env.invalidate_all()
        self.assertEqual(client.client_fields["tier"], "Platinum")
        with self.assertRefused(UserError, "“Platinum” is chosen in 1 records"):
            field.option_ids = [Command.delete(gold.id)]
        with self.assertRefused(UserError, "The key of an option never changes"):
            gold.key = "silver"
        field.option_ids = [Command.delete(silver.id)]
        self.assertEqual(self.definition()[0]["selection"], [["gold", "Platinum"]])
        many = self.field("Days", "choices", ["Monday", "Friday"])
        client.client_fields = {"days": ["friday"]}
        many.option_ids[0].unlink()
        with self.assertRefused(UserError, "“Friday” is chosen in 1 records"):
            many.option_ids.unlink()
        field.default_value = "Platinum"
        with self.assertRefused(ValidationError, "“Platinum” is not one of the options"):
            gold.name = "Gold"

    @users("cf_agent")
    def test_agents_add_tags_and_nothing_else(self):
        self.make_field("Systems", "tags", ["Server"])
        self.make_field("Days", "choices", ["Monday"])
        fields = self.env["nestogy.custom.field"]
        self.assertEqual(fields.save_tag("systems", " Firewall ", 4), ["firewall", "Firewall", 4])
        self.assertEqual(fields.save_tag("systems", "FIREWALL", 7), ["firewall", "Firewall", 7])
        self.assertEqual(self.definition()[0]["tags"], [["server", "Server", 1], ["firewall", "Firewall", 7]])
        for key, name, color in (
            ("days", "Sunday", 1),
            ("nothing", "A", 1),
            ("systems", ["A"], 1),
            ("systems", "A", "1"),
        ):
            with self.assertRefused(UserError, "takes no tags"):
                fields.save_tag(key, name, color)
        with self.assertRefused(ValidationError, "A colour is a number from 0 to 11"):
            fields.save_tag("systems", "A", 99)
        with self.assertRefused(ValidationError, "printable"):
            fields.save_tag("systems", "a" * 101)
        with self.assertRaises(AccessError):
            fields.search([]).write({"name": "Mine"})
        with self.assertRaises(AccessError):
            fields.create({"name": "Mine"})
        with self.assertRaises(AccessError):
            self.env["nestogy.custom.field.option"].search([]).unlink()
        self.make_user("cf_viewer", "viewer")
        viewer = self.env["res.users"].search([("login", "=", "cf_viewer")])
        with self.assertRaises(AccessError):
            fields.with_user(viewer).save_tag("systems", "More")

    @users("cf_manager")
    def test_deleting_says_how_many_values_and_keeps_them(self):
        field = self.field("Tier", "choice", ["Gold"], section="Technical", help="Which?")
        clients = self.client("A", client_fields={"tier": "gold"})
        clients |= self.client("B", client_fields={"tier": "gold"}) | self.client("C")
        wizard = self.env["nestogy.custom.field.delete"].with_context(**field.action_delete()["context"]).create({})
        self.assertEqual(wizard.filled_count, 2)
        wizard.action_delete()
        self.assertFalse(field.exists())
        self.assertEqual(self.definition(), [])
        deleted = self.env["nestogy.custom.field.deleted"].search([])
        self.assertRecordValues(deleted, [{"name": "Tier", "key": "tier", "kind": "choice", "filled_count": 2}])
        # a new field of that name does not get the old values
        other = self.field("Tier", "choice", ["Iron"])
        self.assertEqual(other.key, "tier_2")
        with self.assertRefused(Exception, "lower"), mute_logger("odoo.sql_db"):
            deleted.action_restore()
        other.unlink()
        self.assertEqual(self.env["nestogy.custom.field.deleted"].search([]), deleted)  # it had no values
        restored = self.env["nestogy.custom.field"].browse(deleted.action_restore()["res_id"])
        self.assertRecordValues(
            restored, [{"name": "Tier", "key": "tier", "section": "Technical", "help": "Which?", "filled_count": 2}]
        )
        self.assertFalse(deleted.exists())
        self.env.invalidate_all()
        self.assertEqual([client.client_fields.get("tier") for client in clients], ["Gold", "Gold", False])

    @users("cf_manager")
    def test_deleting_for_good_takes_the_values(self):
        field = self.field("Pin")
        self.field("Kept")
        client = self.client(client_fields={"pin": "1234", "kept": "yes"})
        field.unlink()
        self.assertEqual(self.values_of(client), {"pin": "1234", "kept": "yes"})
        self.env["nestogy.custom.field.deleted"].search([]).unlink()
        self.assertEqual(self.values_of(client), {"kept": "yes"})

    @users("cf_manager")
    def test_archiving_hides_and_keeps(self):
        field = self.field("Pin")
        client = self.client(client_fields={"pin": "1234"})
        field.active = False
        self.assertEqual(self.definition(), [])
        self.assertFalse(client.client_fields_layout)
        client.client_fields = {"pin": "changed"}  # nobody writes what he does not see
        self.assertEqual(self.values_of(client), {"pin": "1234"})
        field.active = True
        self.env.invalidate_all()
        self.assertEqual(client.client_fields["pin"], "1234")

    @users("cf_agent")
    def test_agents_do_not_define_fields(self):
        with self.assertRaises(AccessError):
            self.field("Mine")
        with self.assertRaises(AccessError):
            self.env["nestogy.custom.field.deleted"].search([])
        with self.assertRaises(AccessError):
            self.env["nestogy.custom.field.delete"].create({})


@tagged("post_install", "-at_install")
class TestCustomFieldValues(CustomFieldsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.group = cls.env["nestogy.client.group"].create({"name": "Managed"})
        cls.make_field("Stations", "integer", sequence=1)
        cls.make_field("Tier", "choice", ["Standard", "Gold"], default_value="Standard", sequence=2)
        cls.make_field("Backup", "date", group_ids=[Command.set(cls.group.ids)], sequence=3)
        cls.make_field("Nickname", applies_to="contacts", default_value="none yet", sequence=4)
        cls.make_field("Systems", "tags", ["Server", "Cloud"], sequence=5)

    def test_new_clients_get_the_defaults_of_their_fields(self):
        client = self.client()
        self.assertEqual(self.values_of(client), {"tier": "standard"})
        contact = self.contact(client)
        self.assertEqual(self.values_of(contact), {"nickname": "none yet"})
        address = self.env["res.partner"].create({"name": "Office", "type": "invoice", "parent_id": client.id})
        vendor = self.env["res.partner"].create({"name": "Vendor"})
        self.assertEqual((self.values_of(address), self.values_of(vendor)), ({}, {}))
        given = self.client(client_fields={"tier": "gold", "stations": 3})
        self.assertEqual(self.values_of(given), {"tier": "gold", "stations": 3})
        self.assertEqual(self.values_of(given.copy()), {"tier": "gold", "stations": 3})

    @users("cf_agent")
    def test_the_form_shows_the_fields_of_the_group_and_saves_the_others_untouched(self):
        with Form(
            self.env["res.partner"].with_context(nestogy_new_client=True, default_is_company=True),
            view="nestogy_clients.res_partner_view_form_client",
        ) as form:
            form.name = "Acme"
            self.assertEqual(list(form.client_fields_layout), ["stations", "tier", "systems"])
            form.client_group_id = self.group
            self.assertEqual(list(form.client_fields_layout), ["stations", "tier", "backup", "systems"])
            properties = form.client_fields
            for each in properties:
                if each["name"] == "backup":
                    each["value"] = "2026-05-01"
            form.client_fields = properties
        client = form.record
        self.assertEqual(self.values_of(client), {"tier": "standard", "backup": "2026-05-01"})
        with Form(client, view="nestogy_clients.res_partner_view_form_client") as form:
            form.client_group_id = self.env.company._get_default_client_group()
            self.assertEqual(list(form.client_fields_layout), ["stations", "tier", "systems"])
            properties = form.client_fields
            properties[0]["value"] = 12
            form.client_fields = properties
        stored = {key: value for key, value in self.values_of(client).items() if value}
        self.assertEqual(stored, {"tier": "standard", "backup": "2026-05-01", "stations": 12})

    def test_a_write_changes_what_it_names_only(self):
        clients = self.client("A", client_fields={"stations": 1, "systems": ["cloud"]})
        clients |= self.client("B", client_fields={"stations": 2})
        clients.client_fields = {"tier": "gold"}
        self.assertEqual(self.values_of(clients[0]), {"stations": 1, "systems": ["cloud"], "tier": "gold"})
        self.assertEqual(self.values_of(clients[1]), {"stations": 2, "tier": "gold"})
        clients.write(
            {"client_fields": [{"name": "stations", "value": False, "type": "integer", "definition_changed": True}]}
        )
        self.assertEqual(self.values_of(clients[1]), {"tier": "gold"})
        definition = self.env["res.partner"]._client_fields_definition().properties_definition
        self.assertEqual(len(definition), 5)  # what came along of a definition is not looked at
        clients[0].client_fields = False
        self.assertEqual(self.values_of(clients[0]), {})

    def test_values_are_held_to_their_field(self):
        client = self.client()
        before = self.values_of(client)
        for values, message in (
            ({"stations": "many"}, "Stations: “many” is no whole number; write digits only."),
            ({"tier": "iron"}, "Tier: “iron” is not one of the options."),
            ({"backup": "1.5.2026"}, "Backup: “1.5.2026” is no date; write it as 2026-12-31."),
            ({"systems": ["x"]}, "Systems: “x” is not one of the options."),
            ({"nickname": "a" * 501}, "Nickname: The text has more than 500 characters."),
        ):
            with self.assertRefused(ValidationError, message):
                client.client_fields = values
        self.assertEqual(self.values_of(client), before)
        client.client_fields = {"unknown": "x"}
        self.assertEqual(self.values_of(client), before)

    @users("cf_agent")
    def test_links_lead_to_records_that_the_user_may_read(self):
        self.make_field("Engineer", "link", comodel="res.partner")
        hidden = type(self).env["res.company"].create({"name": "Elsewhere"})  # not of this user
        stranger = self.make_client("Hidden", company_id=hidden.id)
        engineer = self.env.user.partner_id
        client = self.client(client_fields={"engineer": engineer.id})
        self.assertEqual(client.client_fields["engineer"], engineer)
        for value in (stranger.id, 2**30, "x", 2**40, True):
            with self.subTest(value=value), self.assertRefused(ValidationError, "Engineer: “.*” was not found"):
                client.client_fields = {"engineer": value}
        self.assertEqual(self.values_of(client)["engineer"], engineer.id)

    @users("cf_agent")
    def test_required_fields_are_asked_of_people(self):
        existing = self.client("Old")
        self.env["nestogy.custom.field"].sudo().search(
            [("key", "in", ("stations", "backup", "nickname"))]
        ).required = True
        with self.assertRefused(ValidationError, "^Acme cannot be saved without a value for: Stations.$"):
            self.client("Acme")
        with self.assertRefused(ValidationError, "Acme cannot be saved without a value for: Stations, Backup"):
            self.client("Acme", client_group_id=self.group.id)
        client = self.client("Acme", client_fields={"stations": 0})
        with self.assertRefused(ValidationError, "Acme cannot be saved without a value for: Stations"):
            client.client_fields = {"stations": False}
        with self.assertRefused(ValidationError, "Acme cannot be saved without a value for: Backup"):
            client.client_group_id = self.group
        client.write({"client_group_id": self.group.id, "client_fields": {"backup": "2026-01-01"}})
        with self.assertRefused(ValidationError, "Ann cannot be saved without a value for: Nickname"):
            self.contact(client, client_fields={"nickname": False})
        # what exists is marked, found, and asked for when its form is saved
        self.assertEqual(existing.client_fields_missing, "Stations")
        self.assertEqual(client.client_fields_missing, "")
        mine = [("id", "in", (existing | client).ids)]
        self.assertEqual(existing.search([*mine, ("lacks_client_fields", "=", True)]), existing)
        self.assertEqual(existing.search([*mine, ("lacks_client_fields", "=", False)]), client)
        existing.phone = "+1 207-555-0100"
        existing.client_fields = {"tier": "gold"}
        existing._set_client_status(self.env.ref(f"{STATUS}_inactive"), "a test")
        with self.assertRefused(ValidationError, "Old cannot be saved without a value for: Stations"):
            existing.web_save({"city": "Portland"}, {"name": {}, "client_fields_layout": {}})
        existing.web_save({"city": "Portland"}, {"name": {}})  # a list or a card is no form
        # mail and programs are not held up
        machine = self.env["res.partner"].sudo()
        self.assertEqual(
            machine.create({"name": "By mail", "client_status_id": client.client_status_id.id}).client_fields_missing,
            "Stations",
        )
        # others' partners neither
        vendor = self.env["res.partner"].create({"name": "Vendor"})
        with self.assertRefused(ValidationError, "Vendor cannot be saved without a value for: Stations"):
            vendor.client_status_id = client.client_status_id

    @users("cf_agent")
    def test_search_filter_and_group_by(self):
        one = self.client("One", client_fields={"stations": 5, "tier": "gold", "systems": ["cloud", "server"]})
        two = self.client("Two", client_fields={"stations": 50, "backup": "2026-01-31", "systems": ["cloud"]})
        both = one | two
        partners, mine = self.env["res.partner"], [("id", "in", both.ids)]
        for condition, found in (
            (("client_fields.tier", "=", "gold"), one),
            (("client_fields.stations", ">", 9), two),
            (("client_fields.stations", "=", False), partners),
            (("client_fields.systems", "in", ["server"]), one),
            (("client_fields.backup", "<", "2026-02-01"), two),
            (("client_fields.backup", "=", False), one),
        ):
            self.assertEqual(partners.search([*mine, condition]), found, condition)
        self.assertEqual(
            dict(partners._read_group(mine, ["client_fields.tier"], ["__count"])), {"standard": 1, "gold": 1}
        )
        self.assertEqual(
            dict(partners._read_group(mine, ["client_fields.systems"], ["__count"])), {"cloud": 2, "server": 1}
        )

    @users("cf_agent")
    def test_the_search_box_finds_texts_and_options(self):
        self.env["nestogy.custom.field"].sudo().create({"name": "Parking", "kind": "text"})
        self.env["nestogy.custom.field"].sudo().create({"name": "Alarm code"})
        one = self.client("One", client_fields={"parking": "behind the BUILDING", "tier": "gold"})
        two = self.client("Two", client_fields={"alarm_code": "building 7", "systems": ["cloud"]})
        partners, mine = self.env["res.partner"], [("id", "in", (one | two).ids)]
        for text, found in (
            ("building", one | two),
            ("behind", one),
            ('the "BUILD', partners),
            ("the build_ng", one),
            ("gol", one),
            ("CLOUD", two),
            ("parking", partners),
            ("nothing of it", partners),
        ):
            self.assertEqual(partners.search([*mine, ("any_client_field", "ilike", text)]), found, text)

        def cost():
            partners.search([("any_client_field", "ilike", "building"), *mine])  # what is kept is read once
            before = self.cr.sql_log_count
            partners.search([("any_client_field", "ilike", "building"), *mine])
            return self.cr.sql_log_count - before

        few = cost()
        self.env["nestogy.custom.field"].sudo().create([{"name": f"Text {n}"} for n in range(20)])
        self.assertEqual(cost(), few)

    @users("cf_manager")
    def test_import_and_export_through_odoo_s_own_tools(self):
        result = self.env["res.partner"].load(
            [
                "name",
                "client_status_id",
                "client_fields.stations",
                "client_fields.tier",
                "client_fields.backup",
                "client_fields.systems",
            ],
            [
                ["One", "Active", "12", "Gold", "2026-03-01", "Server,Cloud"],
                ["Two", "Active", "", "standard", "", ""],
            ],
        )
        self.assertEqual(result["messages"], [])
        one, two = self.env["res.partner"].browse(result["ids"])
        self.assertEqual(
            self.values_of(one),
            {"stations": 12, "tier": "gold", "backup": "2026-03-01", "systems": ["server", "cloud"]},
        )
        self.assertEqual(self.values_of(two), {"tier": "standard"})
        names = ["name", "client_fields.stations", "client_fields.tier", "client_fields.systems"]
        self.assertEqual(
            (one | two).export_data(names)["datas"], [["One", 12, "Gold", "Server,Cloud"], ["Two", "", "Standard", ""]]
        )
        # an update names some of the columns; the others stay
        xmlid = one.export_data(["id"])["datas"][0][0]
        result = self.env["res.partner"].load(["id", "client_fields.stations"], [[xmlid, "13"]])
        self.assertEqual(result["messages"], [])
        self.env.invalidate_all()
        self.assertEqual(self.values_of(one)["stations"], 13)
        self.assertEqual(self.values_of(one)["tier"], "gold")
        self.env["nestogy.custom.field"].search([("key", "=", "stations")]).required = True
        result = self.env["res.partner"].load(
            ["name", "client_status_id", "client_fields.tier"], [["Three", "Active", "Gold"]]
        )
        self.assertFalse(result["ids"])
        self.assertIn("Three cannot be saved without a value for: Stations.", result["messages"][0]["message"])

    @users("cf_manager")
    def test_odoo_s_import_offers_the_fields_by_label(self):
        tree = self.env["base_import.import"].get_fields_tree("res.partner")
        offered = {each["id"]: each["string"] for each in tree if "." in each["id"]}
        self.assertEqual(
            offered,
            {
                "client_fields.stations": "Stations (Custom Fields)",
                "client_fields.tier": "Tier (Custom Fields)",
                "client_fields.backup": "Backup (Custom Fields)",
                "client_fields.nickname": "Nickname (Custom Fields)",
                "client_fields.systems": "Systems (Custom Fields)",
            },
        )
        self.assertEqual(len(self.env["properties.base.definition"].search([])), 1)
        with self.assertRaises(AccessError):
            self.env["properties.base.definition"].search([]).properties_definition = []

    @users("cf_manager")
    def test_the_import_of_clients_takes_the_labels_as_columns(self):
        self.env["nestogy.custom.field"].create({"name": "Visit at", "kind": "datetime"})
        self.env["nestogy.custom.field"].create({"name": "Engineer", "kind": "link", "comodel": "res.users"})
        self.env.user.tz = "Europe/Berlin"
        content = (
            "name,stations,TIER,Systems,visit at,engineer\n"
            f'One,7,gold,"Cloud, Server",2026-07-01 10:00,"{self.env.user.name}"\n'
            "Two,lots,,,,\n"
            "Three,,Iron,,,\n"
            "Four,,,,,Nobody at all\n"
            "Five,,,,,\n"
        )
        result = self.env["res.partner"]._import_clients_file(content.encode(), "a.csv")
        self.assertEqual(result.created.mapped("name"), ["One", "Five"], result.errors)
        self.assertEqual(
            self.values_of(result.created[0]),
            {
                "stations": 7,
                "tier": "gold",
                "systems": ["server", "cloud"],
                "visit_at": "2026-07-01 08:00:00",
                "engineer": self.env.uid,
            },
        )
        self.assertEqual(self.values_of(result.created[1]), {"tier": "standard"})
        self.assertEqual(
            result.errors,
            [
                (3, "Stations: “lots” is no whole number; write digits only."),
                (4, "Tier: “Iron” is not one of the options."),
                (5, "Engineer: “Nobody at all” was not found."),
            ],
        )
        content = base64.b64encode(b"name,Nickname\nX,Y\n")
        file = self.env["nestogy.client.import"].create({"file": content, "filename": "b.csv"})
        file.action_check()
        self.assertEqual([column["target"] for column in file.mapping], ["name", ""])  # it is for contacts
        names = [target["name"] for target in file.get_grid()["targets"]]
        self.assertLessEqual({"Stations", "Tier", "Backup", "Systems"}, set(names))
        self.assertNotIn("Nickname", names)

    def test_merging_fills_what_is_empty(self):
        target = self.client("A", email="a@x.example", client_fields={"stations": 3, "tier": False})
        first = self.client("B", email="a@x.example", client_fields={"stations": 9, "tier": "gold"})
        second = self.client("C", email="a@x.example", client_fields={"tier": "standard", "systems": ["cloud"]})
        self.env["nestogy.custom.field"].search([("key", "=", "systems")]).active = False
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((target | first | second).ids, target)
        self.env.invalidate_all()
        self.assertEqual((first | second).merged_into_id, target)
        self.assertEqual(self.values_of(target), {"stations": 3, "tier": "gold", "systems": ["cloud"]})

    @users("cf_agent")
    def test_many_cost_as_many_queries_as_one(self):
        def make(count):
            return self.env["res.partner"].create(
                [
                    {
                        "name": f"Many {n}",
                        "client_status_id": self.env.ref(f"{STATUS}_active").id,
                        "client_number": f"CF-{count}-{n}",
                        "client_fields": {"stations": n, "tier": "gold"},
                    }
                    for n in range(count)
                ]
            )

        make(1)

        def cost(call):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            call()
            self.env.flush_all()
            return self.cr.sql_log_count - before

        few, many = make(2), make(20)
        cost(lambda: few.write({"client_fields": {"tier": "standard"}}))
        few.write({"client_fields": {"tier": "gold"}})
        for call in (
            lambda records: records.write({"client_fields": {"tier": "standard"}}),
            lambda records: records.mapped("client_fields_missing"),
            lambda records: records.read(["client_fields", "client_fields_layout"]),
        ):
            with_few, with_many = cost(lambda call=call: call(few)), cost(lambda call=call: call(many))
            self.assertLessEqual(with_many, with_few)

    def test_values_are_for_staff(self):
        contact = self.contact(self.client(), email="p@x.example")
        user = self.make_portal_user(contact)
        for name in ("client_fields", "client_fields_layout", "client_fields_missing", "any_client_field"):
            self.assertFalse(
                self.env["res.partner"].with_user(user)._has_field_access(contact._fields[name], "read"), name
            )
        with self.assertRaises(AccessError):
            contact.with_user(user).write({"client_fields": {"nickname": "me"}})
        with self.assertRaises(AccessError):
            self.env["nestogy.custom.field"].with_user(user).search([])
        self.assertEqual(json.dumps(self.values_of(contact)), '{"nickname": "none yet"}')
