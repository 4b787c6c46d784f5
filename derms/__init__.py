"""The project: wiring, the two commands, accounts and the small shared floor `derms.lib`."""
