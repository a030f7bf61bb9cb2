"""Puente keeps a local ERP (SQL Server) and a cloud shop or CRM (MySQL) in step through intermediate tables."""

__version__ = "0.1.0"
