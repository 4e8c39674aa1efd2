"""
The operators' panel: ES modules without a build step, over the public API and the SDK alone.

README.md in this folder tells where what goes.
"""
