from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self) -> None:
        from accounts import data_export, deletion
        from accounts.profile import model_choices
        from chat import access
        from chat.attachments import keeping, own_files, releasing
        from chat.completions.progress import of_stored_answers
        from chat.conversations import own_data
        from chat.conversations.ledger_check import answers_and_the_ledger
        from chat.conversations.origins import addresses_of_answers
        from chat.conversations.sqlite_words import MESSAGES
        from chat.sharing import own_data as own_shares
        from collections_app import files, sources
        from usage import progress
        from usage.dashboard import origins
        from usage.reconciliation import checks

        data_export.register("chat", own_data.export)
        data_export.register("attachments", own_files.export)
        deletion.register(releasing.part)
        checks.register("stored answers say what the ledger says", answers_and_the_ledger)
        data_export.register("shares", own_shares.export)
        origins.register(addresses_of_answers)
        model_choices.offer(access.model_names_for)
        sources.offer(lambda user, public_id: access.get_message(user, public_id).pk)
        files.offer(keeping)
        progress.register(of_stored_answers)
        post_migrate.connect(MESSAGES.prepare, sender=self)
