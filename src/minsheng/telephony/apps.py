from django.apps import AppConfig


class TelephonyConfig(AppConfig):
    name = "minsheng.telephony"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from minsheng.telephony import erasing  # noqa: F401  (says what it takes away when a case is erased)
        from minsheng.telephony.queries import of_case  # noqa: F401  (says of which calls a step may speak)
