"""Watching a portal: is it well, how much does it do, what happened.

In come requests and the services that the portal stands on; out go health answers, Prometheus figures, log lines that
carry a request's number, and a page in words when a service is away.
"""
