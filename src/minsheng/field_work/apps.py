from django.apps import AppConfig


class FieldWorkConfig(AppConfig):
    name = "minsheng.field_work"
    default_auto_field = "django.db.models.BigAutoField"
