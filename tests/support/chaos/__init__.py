"""People who trade without rest over a market that dies again and again, and what must hold when they are done.

The tests run it small, `python -m bench money_chaos` with thousands of operations by hundreds of people.
"""
