"""The socket and server-sent events: channels without gaps, snapshots, fan-out (SPEC section 4)."""
