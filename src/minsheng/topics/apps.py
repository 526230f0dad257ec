from django.apps import AppConfig


class TopicsConfig(AppConfig):
    name = "minsheng.topics"
    default_auto_field = "django.db.models.BigAutoField"
