"""The usual ways to take bids, written as well as they can be, behind one protocol (`bench.rivals.design.Design`)."""
