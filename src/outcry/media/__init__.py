"""Uploads and the variants that are shown of them (SPEC CAT-3)."""
