from django.apps import AppConfig


class ProofsConfig(AppConfig):
    name = "minsheng.proofs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from minsheng.proofs import erasing  # noqa: F401  (says what it takes away when a case is erased)
