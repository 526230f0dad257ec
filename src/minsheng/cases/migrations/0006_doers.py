from django.db import migrations

# Who has taken the steps that others judge, for cases that somebody may still judge: guards read it from the marks of the case.
FILL = """
WITH done AS (
  SELECT s.case_id, s.step, jsonb_agg(DISTINCT s.by_id) AS people
    FROM cases_casestep s JOIN cases_case c ON c.id = s.case_id
   WHERE s.by_id <> 0 AND (c.closed_at IS NULL OR c.state = 'declined') AND NOT c.imported
     AND s.step IN ('accept_reply', 'ask_consult', 'ask_erasure', 'ask_exclusion', 'ask_extension', 'ask_final', 'ask_parking', 'ask_redo',
                    'ask_return', 'ask_statutory', 'ask_termination', 'contact', 'decline', 'desk_contact', 'dispatch', 'draft_reply',
                    'field_record', 'name_complained', 'night_dispatch', 'reply', 'restrict', 'sign', 'task_reply', 'waive_contact')
   GROUP BY s.case_id, s.step
)
UPDATE cases_case c SET marks = c.marks || jsonb_build_object('did', d.did)
  FROM (SELECT case_id, jsonb_object_agg(step, people) AS did FROM done GROUP BY case_id) d
 WHERE c.id = d.case_id
"""


class Migration(migrations.Migration):

    dependencies = [("cases", "0005_complained_line")]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
