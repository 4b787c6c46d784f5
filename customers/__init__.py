"""Customers: who, where, which meter, under which tariff and consent."""
