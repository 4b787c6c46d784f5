"""What a tariff admits and what it pays: pure arithmetic on facts."""
