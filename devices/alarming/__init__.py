"""What alarms are about, as arithmetic and words: pure, no clock, no database."""
