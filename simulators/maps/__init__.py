"""How a machine shows itself to a Modbus client: models, registers, controls."""
