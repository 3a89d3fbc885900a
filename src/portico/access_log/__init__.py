"""Beside the steps: which finished streams are logged, and the loggers a listener, connection manager or proxy has.

In: AccessLog messages, at configuration time. Out: objects that take a log entry and write its line, or do not.
Next: the extensions that make loggers, by registry; their lines go to the process's log files.
Never: formats (`formatter` has those), files and threads (`net` has those).
"""
