"""Plans, outcomes, packages and kinds as terminal text and as JSON; decides nothing, prints nothing.

Each part is imported by its own name, so that a command loads only what it shows.
"""
