"""What takes the place of a provider that fails in the middle of a call."""
