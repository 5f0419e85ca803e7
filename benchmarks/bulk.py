"""A tracked field of 1,000 clients, with a log line each: plain Odoo in one request, our bulk action, and the limit."""

import time

from _tools import multiply

CLIENTS = 1000


def seconds(env, work):
    """:return: seconds and queries of one run; a second one would find nothing to change"""
    env.flush_all()
    env.invalidate_all()
    before, begin = env.cr.sql_log_count, time.perf_counter()
    work()
    env.flush_all()
    env.cr.precommit.run()  # where Odoo writes its log lines
    return round(time.perf_counter() - begin, 3), env.cr.sql_log_count - before


def run(env, rows):
    values = {"name": "Prototype", "is_company": True}
    if "client_status_id" in env["res.partner"]._fields:
        values["client_status_id"] = env.ref("nestogy_clients.nestogy_client_status_active").id
    client = env["res.partner"].create(values)
    changes = {"name": "'Client ' || n", "commercial_partner_id": "NULL"}
    if "client_number" in client._fields:
        changes["client_number"] = "'B' || n"
    clients = env["res.partner"].browse(multiply(env, client, max(rows, CLIENTS), **changes))
    env.cr.execute("UPDATE res_partner SET commercial_partner_id = id WHERE id = ANY(%s)", [clients.ids])
    env.cr.execute("ANALYZE res_partner")
    admin = env.ref("base.user_admin")
    first, second = clients[:CLIENTS], clients[-CLIENTS:]
    found = {"unit": "s"}
    found["plain"], found["plain_queries"] = seconds(env, lambda: first.write({"user_id": admin.id}))
    deeds = {
        "ours": ("manager", {"user_id": env.uid}),
        "status": ("status", {"status_id": None, "reason": "Benchmark"}),
        "tag": ("tags_add", {"tag_ids": env["res.partner.category"].create({"name": "Benchmark"}).ids}),
        "archive": ("archive", {}),
    }
    if "nestogy.client.bulk" in env:
        deeds["status"][1]["status_id"] = env.ref("nestogy_clients.nestogy_client_status_inactive").id
        for name, (deed, asked) in deeds.items():
            bulk = env["nestogy.client.bulk"]._make(deed, [("id", "in", first.ids)], asked)
            found[name], found[f"{name}_queries"] = seconds(env, bulk._work_now)
            assert bulk.done_count == CLIENTS, f"{deed}: {bulk.done_count} done, {bulk.refused_count} refused"

    def limit():
        silent = second.with_context(tracking_disable=True)
        silent.write({"user_id": admin.id})
        silent._message_log_batch(bodies=dict.fromkeys(silent.ids, "Changed"))

    found["limit"], found["limit_queries"] = seconds(env, limit)
    return found
