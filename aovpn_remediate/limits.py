"""Limits of Intune."""

MAX_PACKAGES = 200
"""Packages in one tenant."""
# Source: Microsoft Intune documentation, Remediations.
