from django.apps import AppConfig


class MessagesConfig(AppConfig):
    name = "minsheng.messages"
    label = "outbox"  # "messages" is taken by Django's own flash messages
    default_auto_field = "django.db.models.BigAutoField"
