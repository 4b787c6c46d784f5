"""How each language writes numbers and dates (Django's FORMAT_MODULE_PATH)."""
