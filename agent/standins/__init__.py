"""Stand-ins for the providers: servers on loopback, in a process of their own, that speak the real wire protocols."""
