"""The LiveKit server's API, as the settings reach it."""

from livekit import api

from agent.settings import Settings


def client(settings: Settings) -> api.LiveKitAPI:
    """A client; an async context manager."""
    secret = settings.livekit_api_secret
    return api.LiveKitAPI(
        settings.livekit_url, settings.livekit_api_key, secret.get_secret_value() if secret is not None else None
    )
