from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self) -> None:
        from accounts import data_export, deletion
        from accounts.profile import model_choices
        from chat import access
        from chat.attachments import own_files, releasing
        from chat.conversations import own_data

        data_export.register("chat", own_data.export)
        data_export.register("attachments", own_files.export)
        deletion.register(releasing.part)
        model_choices.offer(access.model_names_for)
