from django.apps import AppConfig


class TelephonyConfig(AppConfig):
    name = "minsheng.telephony"
    default_auto_field = "django.db.models.BigAutoField"
