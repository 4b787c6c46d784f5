# Forwards to manage.py, which needs nothing but Python.
PYTHON ?= python3

.PHONY: demo test check bench
demo:
	$(PYTHON) manage.py demo
test:
	$(PYTHON) manage.py test
check:
	$(PYTHON) manage.py check_all
bench:
	$(PYTHON) manage.py bench
