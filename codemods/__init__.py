"""Rewrite Python source from the Text Completions API to the Messages API.

Kept empty of imports: `to-messages --help` has to start as fast as click does.
"""
