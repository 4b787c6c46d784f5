"""The shared floor: errors, units, lifecycles, jobs and live push. No tables, no app names."""
