"""Kept bytes: attachments, recordings, reports. Stands below the people's room, so deeds take `by` with `.id` and `.name`.

`keeping.py` beside the usual files: the folder of bytes, the one place that touches the disk.
"""
