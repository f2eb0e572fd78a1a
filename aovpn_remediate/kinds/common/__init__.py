"""What the kinds have in common: checked types, assignments, and the classes that a kind is made from."""
