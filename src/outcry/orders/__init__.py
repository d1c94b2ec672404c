"""Orders: agreed sales (SPEC section 6)."""
