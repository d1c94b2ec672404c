"""Ledger: accounts, transfers, holds, and the wallets made of them (SPEC MON-1, MON-2)."""
