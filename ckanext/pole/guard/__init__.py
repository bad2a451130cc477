"""What keeps strangers' hands off: headers, limits on trying, passwords, nonsense texts, uploads that must not run.

In come requests, forms and files; out go the same ones, or a refusal in the person's language that says when to return.
"""
