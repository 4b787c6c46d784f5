"""IEC 61968 messages as XML, read with care and written in the order of the schemas."""
