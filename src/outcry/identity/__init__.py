"""People: who they are, how they sign in, what they agreed to, whom they block (SPEC section 1)."""
