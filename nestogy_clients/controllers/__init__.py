from . import asset
from . import portal
