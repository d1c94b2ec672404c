"""The sandbox: a payment provider of our own that moves no real money (SPEC MON-3).

It behaves as another company would: own books (`sandbox_` tables), own pages, and it tells the market of what happened
only by signed webhooks through the public endpoint. Nothing outside this package reads its books.
"""
