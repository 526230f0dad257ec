from django.apps import AppConfig


class BulletinsConfig(AppConfig):
    name = "minsheng.bulletins"
    default_auto_field = "django.db.models.BigAutoField"
