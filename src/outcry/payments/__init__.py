"""Payments: money that comes in and goes out, through providers and wallets (SPEC section 5)."""
