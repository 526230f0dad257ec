from django.apps import AppConfig


class LeaderDaysConfig(AppConfig):
    name = "minsheng.leader_days"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from minsheng.leader_days import erasing  # noqa: F401  (says what it takes away when a case is erased)
        from minsheng.leader_days.commitments_source import COMMITMENTS
        from minsheng.measures import sources

        sources.register(COMMITMENTS)
