from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self) -> None:
        from accounts import data_export
        from accounts.profile import model_choices
        from chat import access
        from chat.conversations import own_data

        data_export.register("chat", own_data.export)
        model_choices.offer(access.model_names_for)
