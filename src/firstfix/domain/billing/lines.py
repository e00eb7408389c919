"""What lines of invoices come to, and the lines that the work on a job makes, as SQL.

A line's amount is quantity times price, of labor minutes times the price of an hour; it is rounded half-up to two
places, and so is each tax on it. Totals are sums of those: computed where they are read, and kept nowhere.
"""

from firstfix.domain.billing.views import LineKind

LINE_AMOUNT = f"""CASE lines.kind WHEN {int(LineKind.LABOR)}
    THEN round(lines.quantity * lines.price::numeric(28, 12) / 60, 2) ELSE round(lines.quantity * lines.price, 2) END"""
"""What a line comes to before tax. With twelve places no quotient is rounded up to a half before it is rounded."""
LINE_TAX = f"""(
    SELECT coalesce(sum(round({LINE_AMOUNT} * (tax.body ->> 'rate')::numeric * 0.01, 2)), 0)
    FROM jsonb_array_elements(lines.taxes) AS tax (body))"""  # noqa: S608 (pieces of ours)
"""What the taxes on a line come to."""

_TAXES = """
    SELECT jsonb_agg(jsonb_build_object('name', taxes.name, 'agency', taxes.group_name, 'rate', taxes.rate,
        'gl_account', NULL) ORDER BY chosen.place)
    FROM unnest({ids}) WITH ORDINALITY AS chosen (id, place)
    JOIN taxes ON taxes.organisation_id = jobs.organisation_id AND taxes.id = chosen.id"""
_TASKS = f"""
    SELECT {int(LineKind.TASK)} AS kind, ARRAY[0, job_tasks.position, job_tasks.id] AS place,
        catalogue_tasks.name, catalogue_tasks.description, job_tasks.note, 1::numeric AS quantity,
        job_tasks.unit_cost AS cost, job_tasks.unit_price AS price, catalogue_tasks.gl_account,
        catalogue_tasks.is_taxable, ARRAY[catalogue_tasks.tax1_id, catalogue_tasks.tax2_id] AS tax_ids,
        catalogue_tasks.id AS catalogue_task_id, NULL::bigint AS catalogue_item_id, NULL::bigint AS labor_rate_id
    FROM job_tasks JOIN catalogue_tasks ON catalogue_tasks.organisation_id = job_tasks.organisation_id
        AND catalogue_tasks.id = job_tasks.catalogue_task_id
    WHERE job_tasks.organisation_id = jobs.organisation_id AND job_tasks.job_id = jobs.id"""  # noqa: S608 (pieces of ours)
_ITEMS = f"""
    SELECT {int(LineKind.PRODUCT)},
        ARRAY[0, job_tasks.position, job_tasks.id, job_task_items.position, job_task_items.id],
        catalogue_items.name, catalogue_items.description, '', job_task_items.quantity,
        job_task_items.unit_cost, job_task_items.unit_price, catalogue_items.gl_account,
        catalogue_items.is_taxable, ARRAY[catalogue_items.tax1_id, catalogue_items.tax2_id],
        NULL, catalogue_items.id, NULL
    FROM job_tasks JOIN job_task_items ON job_task_items.organisation_id = job_tasks.organisation_id
        AND job_task_items.job_task_id = job_tasks.id
    JOIN catalogue_items ON catalogue_items.organisation_id = job_task_items.organisation_id
        AND catalogue_items.id = job_task_items.catalogue_item_id
    WHERE job_tasks.organisation_id = jobs.organisation_id AND job_tasks.job_id = jobs.id"""  # noqa: S608 (pieces of ours)
_LABOR = f"""
    SELECT {int(LineKind.LABOR)}, ARRAY[1, job_labor.position, job_labor.id],
        job_labor.name, btrim(people.first_name || ' ' || people.last_name), '', job_labor.minutes,
        job_labor.cost, job_labor.rate, job_labor.gl_account,
        job_labor.is_taxable, ARRAY(
            SELECT taxes.id FROM jsonb_array_elements(job_labor.taxes) WITH ORDINALITY AS named (tax, place)
            JOIN taxes ON taxes.organisation_id = job_labor.organisation_id
                AND taxes.name = named.tax ->> 'name' AND taxes.group_name = named.tax ->> 'group'
            ORDER BY named.place),
        NULL, NULL, job_labor.labor_rate_id
    FROM job_labor JOIN people
        ON people.organisation_id = job_labor.organisation_id AND people.id = job_labor.person_id
    WHERE job_labor.organisation_id = jobs.organisation_id AND job_labor.job_id = jobs.id"""  # noqa: S608 (pieces of ours)
WORK_LINES = f"""
    SELECT work.kind, (row_number() OVER (ORDER BY work.place) - 1)::integer AS position, work.name, work.description,
        work.note, work.quantity, work.cost, work.price, work.gl_account,
        CASE WHEN work.is_taxable AND coalesce((
            SELECT customers.is_taxable FROM customers WHERE customers.organisation_id = locations.organisation_id
                AND customers.id = locations.customer_id), true)
        THEN coalesce(({_TAXES.format(ids="work.tax_ids")}), ({_TAXES.format(ids="ARRAY[locations.tax_id]")}), '[]')
        ELSE '[]' END AS taxes,
        work.catalogue_task_id, work.catalogue_item_id, work.labor_rate_id
    FROM ({_TASKS} UNION ALL {_ITEMS} UNION ALL {_LABOR}) AS work"""  # noqa: S608 (pieces of ours)
"""The lines of the work on `jobs` at `locations`: its tasks, each with its items, then its labor.

What is taxable bears its own taxes, else that of the location; for a customer who is not taxable nothing does.
"""
