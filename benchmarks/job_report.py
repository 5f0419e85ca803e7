"""Job queries: a page of 80 of all jobs with sums, by plain Odoo's analysis of tasks, by ours and by one SQL query."""

from _tools import fresh, milliseconds, multiply, queries

PAGE = 80
NAMES = ("job_number", "name", "logged_at", "closed_at", "state", "hours_spent", "billed_amount", "sla_resolution")


def run(env, rows):
    clients = env["res.partner"].create(
        [
            {
                "name": f"Client {number}",
                "is_company": True,
                "client_status_id": env.ref("nestogy_clients.nestogy_client_status_active").id,
            }
            for number in range(100)
        ]
    )
    project = env["project.project"].create(
        {"name": "Care", "allow_billable": True, "partner_id": clients[0].id, "company_id": env.company.id}
    )
    task = env["project.task"].create({"name": "Prototype", "project_id": project.id})
    env.flush_all()
    first = min(clients.ids)
    owner = f"{first} + mod(n, {len(clients)})"
    multiply(
        env,
        task,
        rows,
        name="'Job ' || n",
        job_number="'B' || n",
        client_id=owner,
        partner_id=owner,
        create_date="now() - mod(n, 700) * interval '1 day'",
        closed_at="CASE WHEN mod(n, 3) = 0 THEN now() END",
        state="CASE WHEN mod(n, 3) = 0 THEN '1_done' ELSE '01_in_progress' END",
        effective_hours="mod(n, 8)",
    )
    env.cr.execute("ANALYZE project_task")
    report, plain = env["nestogy.job.report"], env["report.project.task.user"]
    names = {name: {} for name in NAMES} | {
        name: {"fields": {"display_name": {}}} for name in ("client_id", "project_id", "user_ids")
    }
    plain_names = {name: {} for name in ("name", "create_date", "date_end", "state")} | {
        name: {"fields": {"display_name": {}}} for name in ("partner_id", "project_id", "user_ids")
    }
    sums = ["__count", "hours_spent:sum", "billed_amount:sum"]

    def ours():
        report.web_search_read([], names, limit=PAGE)
        report._read_group([], [], sums)
        report._read_group([], ["client_id"], sums)

    def theirs():
        plain.web_search_read([], plain_names, limit=PAGE)
        plain._read_group([], [], ["__count"])
        plain._read_group([], ["partner_id"], ["__count"])

    def limit():
        env.cr.execute(
            "SELECT id, job_number, name, create_date, closed_at, state, effective_hours, job_billed_amount"
            " FROM project_task WHERE client_id IS NOT NULL AND active ORDER BY create_date DESC, id DESC LIMIT 80"
        )
        env.cr.fetchall()
        env.cr.execute(
            "SELECT client_id, count(*), sum(effective_hours), sum(job_billed_amount) FROM project_task"
            " WHERE client_id IS NOT NULL AND active GROUP BY 1"
        )
        env.cr.fetchall()

    return {
        "unit": "ms",
        "plain": milliseconds(theirs, before=fresh(env)),
        "ours": milliseconds(ours, before=fresh(env)),
        "limit": milliseconds(limit),
        "queries": queries(env, ours),
    }
