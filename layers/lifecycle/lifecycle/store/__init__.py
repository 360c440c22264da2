"""DynamoDB: the only place that knows keys, items and expressions."""
