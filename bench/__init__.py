"""Outcry measured beside the usual designs: `python -m bench [names...] [--quick]` writes bench/RESULTS.md."""
