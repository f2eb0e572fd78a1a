"""Scripts made and checked: templates and settings become the final bytes, and no rule is broken."""
