"""Tests of the pages, in a real api-server and a real browser."""
