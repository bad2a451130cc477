"""Every word of the portal in French and in English.

In come the sentences of this extension and those of the installed packages that CKAN's own French lacks; out go the
gettext files of the domain `ckanext-pole` (`i18n/`), kept whole by `python -m ckanext.pole.words check`.
"""
