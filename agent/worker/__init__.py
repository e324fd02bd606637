"""The worker on LiveKit: real phones, through a room and a SIP bridge."""
