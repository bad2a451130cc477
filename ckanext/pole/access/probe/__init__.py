"""The probe: plants canaries in every tier, asks every action and every route as everybody, and looks for them.

In come a WSGI application and the matrix of what may be seen; out goes what leaked, what was missing and what nobody
had listed.
"""
