"""The table that this API's modules register their operations in."""

from firstfix.api.operations import OperationTable

MANAGE = OperationTable("manage")
operation = MANAGE.operation
