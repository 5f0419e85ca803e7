from . import nestogy_work_mixin
