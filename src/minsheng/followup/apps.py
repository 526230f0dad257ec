from django.apps import AppConfig


class FollowupConfig(AppConfig):
    name = "minsheng.followup"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from minsheng.followup import erasing  # noqa: F401  (says what it takes away when a case is erased)
