from django.apps import AppConfig


class MeasuresConfig(AppConfig):
    name = "minsheng.measures"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from minsheng.measures import sources
        from minsheng.measures.calls_source import CALLS

        sources.register(CALLS)
