from django.apps import AppConfig


class OversightConfig(AppConfig):
    name = "minsheng.oversight"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from minsheng.oversight import erasing  # noqa: F401  (says what it takes away when a case is erased)
