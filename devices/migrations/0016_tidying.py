from django.db import migrations

# For a day that is just being put in order: whoever writes to it leaves a note.
MAKE_NOTE_LATE = """
create function devices_note_late() returns trigger language plpgsql as $$
begin
    insert into devices_latespan (device_id, from_at, to_at)
    values (new.device_id, new.measured_at, new.measured_at);
    return null;
end $$
"""


class Migration(migrations.Migration):

    dependencies = [
        ('devices', '0015_questions_and_tallies'),
    ]

    operations = [
        migrations.RunSQL(MAKE_NOTE_LATE, "drop function devices_note_late() cascade"),
    ]
