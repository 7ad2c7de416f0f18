from tests.api.conftest import control, reader
from tests.dashboards.conftest import operator, viewer

__all__ = ["control", "operator", "reader", "viewer"]
