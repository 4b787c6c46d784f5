"""Measurements that `manage.py bench` prints and writes to bench.json."""
