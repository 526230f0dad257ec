from django.apps import AppConfig


class ArchiveConfig(AppConfig):
    name = "minsheng.archive"
