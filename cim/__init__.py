"""Messages of the utility's other systems: IEC 61968 in and out (IX-1, CS-6, CS-7)."""
