"""Scripts made and checked: templates and settings become the final bytes, which follow all rules."""
