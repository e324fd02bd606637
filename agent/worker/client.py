"""The LiveKit server's API, as the settings reach it."""

from livekit import api

from agent.settings import Settings

METADATA_LONGEST = 512 * 1024
"""Bytes of a dispatch's metadata that LiveKit carries; not every server holds one to it."""


def client(settings: Settings) -> api.LiveKitAPI:
    """A client of the server that the settings name; an async context manager. A request takes 10 s at most."""
    secret = settings.livekit_api_secret
    return api.LiveKitAPI(
        settings.livekit_url, settings.livekit_api_key, secret.get_secret_value() if secret is not None else None
    )
