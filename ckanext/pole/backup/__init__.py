"""A portal in one sealed file, and a portal made again from it.

In come databases, uploaded files and settings; out goes one age-encrypted archive, and the way back.
"""
