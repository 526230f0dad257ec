"""Asterisk (18, 20, 22) as this program's exchange: where its programs come from, its configuration, its life, the gateway to it.

All of it lies in DATA/pbx. What is called from the command line is synchronous; what talks to a running exchange is asyncio.
"""
