"""The four runners: the only code that performs steps, and that knows sync from async.

`run` answers with a flow's result and `iterate` with its events, by blocking or by awaiting.
"""
