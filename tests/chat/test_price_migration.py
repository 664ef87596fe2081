"""Prices that models had before prices had dates hold from the beginning (battery P04)."""

from tests import profile
from tests.portal_process import manage

BEFORE = """
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
state = MigrationExecutor(connection).loader.project_state(("chat", "0015_thumbnails"))
PublicModel = state.apps.get_model("chat", "PublicModel")
"""
INSERT = f"""{BEFORE}
PublicModel.objects.create(name="dear", input_price="3", output_price="15", cached_price="0")
PublicModel.objects.create(name="free")
"""
AFTER = """
from chat.models import ModelPrice
for row in ModelPrice.objects.all():
    print(row.model.name, row.valid_from.year, row.input, row.output, row.cached, row.cache_write, row.image)
"""
SHOW = f"""{BEFORE}
for row in PublicModel.objects.filter(name__in=["dear", "free"]).order_by("name"):
    print(row.name, row.input_price, row.output_price, row.cached_price, row.cache_write_price)
"""


def test_it_loses_nothing_there_and_back() -> None:
    variables = profile.environment("prices")
    profile.create_database(variables)
    try:
        manage(variables, "migrate", "chat", "0015", "-v0")
        manage(variables, "shell", "-v0", "-c", INSERT)
        manage(variables, "migrate", "chat", "-v0")
        assert manage(variables, "shell", "-v0", "-c", AFTER).splitlines() == [
            "dear 1970 3.000000 15.000000 0.000000 None 0.000000"
        ]
        manage(variables, "migrate", "chat", "0015", "-v0")
        assert manage(variables, "shell", "-v0", "-c", SHOW).splitlines() == [
            "dear 3.000000 15.000000 0.000000 None",
            "free 0.000000 0.000000 None None",
        ]
    finally:
        profile.drop_database(variables)
