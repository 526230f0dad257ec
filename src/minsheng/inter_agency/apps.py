from django.apps import AppConfig


class InterAgencyConfig(AppConfig):
    name = "minsheng.inter_agency"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from minsheng.inter_agency import erasing  # noqa: F401  (says what it takes away when a case is erased)
