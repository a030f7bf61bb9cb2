"""The nights: full inventory, backups and restores, weekly report, low stock, housekeeping."""
