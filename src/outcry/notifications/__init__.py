"""What a person is told of, kept until it is old (SPEC NTF-1)."""
