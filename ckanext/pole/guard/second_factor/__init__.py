"""A second factor for whoever wants one, or must have one: after the right password, a code of the person's own device.

In come a login and six digits; out goes a session that is somebody's, or one that is nobody's yet.
"""
