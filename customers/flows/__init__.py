"""What every kind of service request goes through: steps, clock, questions, files (CS-4)."""
