"""Keep Windows Always On VPN clients right with Intune Remediations."""

__version__ = "0.1.0"
