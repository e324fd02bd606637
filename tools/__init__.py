"""What the model can do during a call: the assistant's own HTTP tools and the tools that ship with the worker.

A tool never imports `agent`; it reaches its call through the protocol in `tools.protocol`.
"""
