"""Listings, categories and search (SPEC section 2)."""
