"""The whole portal's usage, for operators: by person, group, model and deployment, within Django's admin."""
