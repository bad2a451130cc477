"""What is left to translate, who does it, and the machine that may help.

In come datasets whose texts lack a language; out go a report per organisation, texts that a person confirmed, and
machine translations marked as such.
"""
