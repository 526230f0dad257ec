from django.apps import AppConfig


class MonthEndConfig(AppConfig):
    name = "minsheng.month_end"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from minsheng.month_end import erasing  # noqa: F401  (says what it takes away when a case is erased)
