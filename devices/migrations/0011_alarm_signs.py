from django.db import migrations

# What stands when this is installed stands by a sign, as every alarm does from now on.
SIGNS = """
insert into devices_alarmsign
    (kind, cause, place, device_id, feeder_id, command_id, priority, message, value, "limit", unit,
     is_present, changed_at, delay_on_s, delay_off_s)
select kind, cause, place, device_id, feeder_id, command_id, priority, message, value, "limit",
    unit, true, raised_at, 0, 0
from devices_alarm where status in ('unacknowledged', 'acknowledged')
on conflict do nothing
"""
FIRST_MOVES = """
insert into devices_alarmstatuschange (alarm_id, old_status, new_status, at, by, reason)
select a.id, '', 'unacknowledged',
    least(a.raised_at, (select min(c.at) from devices_alarmstatuschange c where c.alarm_id = a.id)),
    'alarm watch', ''
from devices_alarm a
where not exists (select 1 from devices_alarmstatuschange c
                  where c.alarm_id = a.id and c.old_status = '')
"""


class Migration(migrations.Migration):

    dependencies = [('devices', '0010_alarm_states')]

    operations = [
        migrations.RunSQL(SIGNS, migrations.RunSQL.noop),
        migrations.RunSQL(FIRST_MOVES, migrations.RunSQL.noop),
    ]
