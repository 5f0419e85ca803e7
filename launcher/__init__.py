"""What stands behind ``./nestogy``: the standard library only, and Odoo is never imported here.

Scripts in ``inside/`` are run by the Python of the environment that ``packages`` makes; they may import Odoo.
"""
