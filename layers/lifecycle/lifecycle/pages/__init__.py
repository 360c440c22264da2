"""The pages: what people see of their prospects and of their funnel, as HTML."""
