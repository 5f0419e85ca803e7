"""The list of clients: opening it with its figures, the kanban with totals, and the search box, hits and misses.

``--rows 100000`` is the firm of the goal; every client has two contacts, a phone number and, each fifth, an open
invoice. Plain Odoo shows its own list of companies, without money; the limit is the same work in bare SQL.
"""

from _tools import fresh, invoice_of, milliseconds, multiply, queries

SHOWN = 80
FIRST = """ARRAY['Bright','North','Silver','Green','Stone','Maple','River','Harbor','Summit','Cedar','Golden','Lake',
    'Iron','Clear','Oak','Blue','Prairie','Canyon','Willow','Falcon','Granite','Liberty','Pioneer','Crescent','Amber']"""
SECOND = """ARRAY['water','field','wood','ridge','brook','gate','view','land','port','dale','hill','forge','bay',
    'crest','side','mont','haven','mill','ford','point','shore','bridge','stead']"""
TRADE = """ARRAY['Dental Group','Architects','Plumbing','Logistics','Law Office','Veterinary Clinic','Roofing','Bakery',
    'Accounting','Landscaping','Heating & Air','Pharmacy','Electric','Consulting','Foods','Printing','Motors']"""
GIVEN = (
    """ARRAY['Dana','Omar','Inés','Alex','Morgan','Łukasz','Mary','José','Chen','Priya','Tom','Zoë','Ahmed','Ruth']"""
)
FAMILY = """ARRAY['Whitfield','Haddad','Ortega','Rivera','Lee','Kowalski','Smith','Müller','Nguyen','Patel','Okafor',
    'Johansson','Brown','García','Novak','Fischer','Dubois','Rossi','Tanaka']"""


def pick(words, step):
    """SQL for a word of a list, by the number of the copy."""
    return f"({words})[1 + mod(n / {step}, array_length({words}, 1))]"


def fill(env, rows):
    """:return: ids of ``rows`` clients with contacts, numbers and invoices"""
    active = env.ref("nestogy_clients.nestogy_client_status_active")
    statuses = env["nestogy.client.status"].search([])
    proto = env["res.partner"].create({"name": "Prototype", "is_company": True, "client_status_id": active.id})
    person = env["res.partner"].create({"name": "Person", "parent_id": proto.id, "type": "contact"})
    number = env["nestogy.phone.number"].create({"partner_id": proto.id, "number": "+1 207 555 0100"})
    invoice = invoice_of(env, proto)
    name = f"{pick(FIRST, 1)} || {pick(SECOND, 25)} || ' ' || {pick(TRADE, 575)} || ' ' || n"
    clients = multiply(
        env,
        proto,
        rows,
        name=name,
        complete_name=name,
        email="'office@client' || n || '.example'",
        email_normalized="'office@client' || n || '.example'",
        vat="'US' || (100000000 + n)",
        client_number="'B' || lpad(n::text, 7, '0')",
        client_status_id=f"(ARRAY{[active.id] * 7 + statuses.ids})[1 + mod(n, {7 + len(statuses)})]",
        commercial_partner_id="NULL",
        primary_contact_id="NULL",
    )
    env.cr.execute("ANALYZE res_partner")  # or each look at a foreign key below would read the whole table
    first = clients[0]
    people = f"{pick(GIVEN, 1)} || ' ' || {pick(FAMILY, 14)}"
    owner = f"{first} + mod(n, {rows})"
    contacts = multiply(
        env,
        person,
        rows * 2,
        name=people,
        parent_id=owner,
        commercial_partner_id=owner,
        email="'person' || n || '@client.example'",
        email_normalized="'person' || n || '@client.example'",
    )
    env.cr.execute("UPDATE res_partner SET commercial_partner_id = id WHERE id = ANY(%s)", [clients])
    env.cr.execute(
        """
        UPDATE res_partner contact SET complete_name = client.name || ', ' || contact.name
          FROM res_partner client WHERE client.id = contact.parent_id AND contact.id = ANY(%s)
        """,
        [contacts],
    )
    env.cr.execute(
        """
        UPDATE res_partner client SET primary_contact_id = found.contact
          FROM (SELECT parent_id, MIN(id) AS contact FROM res_partner WHERE id = ANY(%s) GROUP BY parent_id) found
         WHERE client.id = found.parent_id
        """,
        [contacts],
    )
    multiply(
        env,
        number,
        rows,
        partner_id=owner,
        client_id=owner,
        number="'+1 207 ' || (2000000 + n)",
        national="'(207) ' || (2000000 + n)",
        digits="'1207' || (2000000 + n)",
    )
    multiply(env, invoice, rows // 5, name="'L/' || n", partner_id=owner, commercial_partner_id=owner)
    for table in ("res_partner", "nestogy_phone_number", "account_move"):
        env.cr.execute(f"ANALYZE {table}")
    return clients


def run(env, rows):
    clients = fill(env, rows)
    agent = env["res.users"].create({"name": "Agent", "login": "bench_agent", "email": "bench@example.com"})
    agent.group_ids += env.ref("nestogy_clients.nestogy_clients_group_agent")
    partners = env["res.partner"].with_user(agent)
    number = clients[len(clients) // 2] - clients[0] + 1
    return [
        open_list(env, partners),
        open_board(env, partners),
        *find(env, partners, "find", f"B{number:07d}", f"Missing{number}x"),
        *find(env, partners, "find_alike", "silverfiled plubming", "qqxxyyzz"),
        *find(env, partners, "find_phone", f"+1 (207) {2000000 + number}", "999 888 7777"),
    ]


def rows_of(env, query, values=None):
    def work():
        env.cr.execute(query, values)
        env.cr.fetchall()

    return work


def open_list(env, partners):
    """The first page of open relations with all its columns, and their count."""
    domain = [("is_client", "=", True), ("client_status_id.is_open", "=", True)]
    many = ("client_status_id", "client_group_id", "primary_contact_id", "client_currency_id")
    names = ("client_number", "name", "client_status_color", "email", "phone", "city", "client_outstanding")
    specification = dict.fromkeys((*names, "client_overdue"), {}) | dict.fromkeys(
        many, {"fields": {"display_name": {}}}
    )

    def ours():
        partners.web_search_read(domain, specification, limit=SHOWN, order="name, id", count_limit=10001)

    def plain():
        wanted = dict.fromkeys(("name", "email", "phone", "city", "vat"), {})
        partners.web_search_read([("is_company", "=", True)], wanted, limit=SHOWN, count_limit=10001)

    def limit():
        env.cr.execute(
            "SELECT id, name, client_number, client_status_id, primary_contact_id, email, phone, city"
            "  FROM res_partner WHERE is_client IS TRUE AND active ORDER BY name, id LIMIT %s",
            [SHOWN],
        )
        shown = [row[0] for row in env.cr.fetchall()]
        env.cr.execute(
            "SELECT commercial_partner_id, SUM(amount_residual_signed) FROM account_move"
            " WHERE commercial_partner_id = ANY(%s) AND state = 'posted' GROUP BY 1",
            [shown],
        )
        env.cr.execute("SELECT COUNT(*) FROM (SELECT FROM res_partner WHERE is_client IS TRUE LIMIT 10001) counted")

    return measured(env, "open", ours, plain, limit)


def open_board(env, partners):
    """The columns of the kanban with what each of them owes, and the first cards."""
    domain = [("is_client", "=", True)]
    names = ("name", "client_number", "client_outstanding", "client_overdue")
    specification = dict.fromkeys(names, {}) | {"primary_contact_id": {"fields": {"display_name": {}}}}
    aggregates = ["client_outstanding:sum", "client_currency_id:array_agg_distinct"]

    def ours():
        partners.with_context(read_group_expand=True).web_read_group(
            domain,
            ["client_status_id"],
            aggregates,
            auto_unfold=True,
            unfold_read_specification=specification,
            unfold_read_default_limit=40,
        )

    limit = rows_of(
        env,
        "SELECT client_status_id, COUNT(*), SUM(owed) FROM res_partner LEFT JOIN ("
        " SELECT commercial_partner_id AS client, SUM(amount_residual_signed) AS owed FROM account_move"
        " WHERE state = 'posted' AND move_type = 'out_invoice' AND amount_residual_signed <> 0 GROUP BY 1"
        ") open ON open.client = res_partner.id WHERE is_client IS TRUE GROUP BY 1",
    )
    return measured(env, "kanban", ours, None, limit)


def find(env, partners, name, hit, miss):
    """The search box: something that is there, then something that is not."""
    for suffix, text in (("hit", hit), ("miss", miss)):

        def ours(text=text):
            partners.search_fetch([("client_search", "ilike", text)], ["name"], limit=SHOWN, order="name, id")

        def plain(text=text):
            partners.search_fetch([("display_name", "ilike", text)], ["name"], limit=SHOWN)

        limit = rows_of(env, "SELECT id FROM res_partner WHERE client_number = %s", [text])
        yield measured(env, f"{name}_{suffix}", ours, plain, limit)


def measured(env, name, ours, plain, limit):
    return {
        "name": f"client_list.{name}",
        "unit": "ms",
        "plain": milliseconds(plain, before=fresh(env)) if plain else None,
        "ours": milliseconds(ours, before=fresh(env)),
        "limit": milliseconds(limit),
        "queries": queries(env, ours),
    }
