"""Auctions: the rules, the desk that decides bids, the clock, awards and counter-offers."""
