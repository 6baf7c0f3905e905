"""Checks of class core: they hold for every resource and name none."""
