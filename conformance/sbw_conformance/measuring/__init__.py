"""How good the suite is: measured on providers that are known to be wrong, or to be nothing."""
