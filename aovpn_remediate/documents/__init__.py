"""YAML files that people write: read with positions, and what a model refuses in plain words."""
